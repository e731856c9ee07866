#include "tests/device/fake_logind.h"
#include "tests/device/client.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#define NAME "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"

enum { MOST_LOCKS = 16 };

static const char conf[] =
	"<busconfig><type>session</type><listen>unix:path=%s/bus</listen>"
	"<auth>EXTERNAL</auth><policy context=\"default\">"
	"<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
	"<allow own=\"*\"/></policy></busconfig>";

static struct {
	char folder[32], conf[64], socket[64], address[96];
	pid_t pid;
} bus;

static struct {
	sd_bus *bus;
	int locks[MOST_LOCKS];	/* our ends of those that were given out */
	unsigned int n_locks;
	char last[96];
	bool refuses;
} logind;

bool fake_logind_is_possible(void)
{
	return !system("dbus-daemon --version >/dev/null 2>&1");
}

void fake_bus_start(void)
{
	FILE *f;

	strcpy(bus.folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(bus.folder));
	snprintf(bus.conf, sizeof(bus.conf), "%s/conf", bus.folder);
	snprintf(bus.socket, sizeof(bus.socket), "%s/bus", bus.folder);
	snprintf(bus.address, sizeof(bus.address), "unix:path=%s", bus.socket);
	f = fopen(bus.conf, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, conf, bus.folder);
	fclose(f);
	bus.pid = fork();
	ck_assert_int_ge(bus.pid, 0);
	if (!bus.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("dbus-daemon", "dbus-daemon", "--nofork", "--config-file", bus.conf, NULL);
		_exit(127);
	}
	WAIT_FOR(socket_is_served(bus.socket));
	setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address, 1);
}

void fake_bus_stop(void)
{
	if (bus.pid > 0) {
		kill(bus.pid, SIGKILL);
		waitpid(bus.pid, NULL, 0);
		unlink(bus.socket);
		unlink(bus.conf);
		rmdir(bus.folder);
	}
	bus.pid = 0;
}

static int on_inhibit(sd_bus_message *m, void *user, sd_bus_error *error)
{
	const char *what, *who, *why, *mode;
	int ends[2], r;

	(void)user;
	if (logind.refuses)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not you");
	ck_assert_int_ge(sd_bus_message_read(m, "ssss", &what, &who, &why, &mode), 0);
	snprintf(logind.last, sizeof(logind.last), "%s %s %s", what, who, mode);
	ck_assert_uint_lt(logind.n_locks, MOST_LOCKS);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	logind.locks[logind.n_locks++] = ends[0];
	r = sd_bus_reply_method_return(m, "h", ends[1]);
	close(ends[1]);
	return r;
}

static const sd_bus_vtable methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Inhibit", "ssss", "h", on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("PrepareForSleep", "b", 0),
	SD_BUS_VTABLE_END
};

void fake_logind_start(void)
{
	ck_assert_int_ge(sd_bus_open_system(&logind.bus), 0);
	ck_assert_int_ge(sd_bus_add_object_vtable(logind.bus, NULL, PATH, MANAGER, methods, NULL),
			 0);
	ck_assert_int_ge(sd_bus_request_name(logind.bus, NAME, 0), 0);
}

void fake_logind_stop(void)
{
	logind.bus = sd_bus_flush_close_unref(logind.bus);
	while (logind.n_locks)
		close(logind.locks[--logind.n_locks]);
	logind.refuses = false;
}

static bool is_held(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 0;
}

unsigned int fake_logind_locks(void)
{
	unsigned int n = 0;

	while (sd_bus_process(logind.bus, NULL) > 0)
		;
	for (unsigned int i = 0; i < logind.n_locks; i++) {
		if (is_held(logind.locks[i]))
			logind.locks[n++] = logind.locks[i];
		else
			close(logind.locks[i]);
	}
	logind.n_locks = n;
	return n;
}

const char *fake_logind_last(void)
{
	return logind.last;
}

void fake_logind_refuse(bool refuses)
{
	logind.refuses = refuses;
}

void fake_logind_prepare(bool is_going)
{
	ck_assert_int_ge(sd_bus_emit_signal(logind.bus, PATH, MANAGER, "PrepareForSleep", "b",
					    is_going), 0);
	ck_assert_int_ge(sd_bus_flush(logind.bus), 0);
}
