#include "mount.h"
#include "base/cleanup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MAX_WORDS = 32 };

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void skip(const char *why)
{
	fprintf(stderr, "SKIP: %s: nothing on a real mount was tested\n", why);
	exit(77);
}

static void program(char ret_path[PATH_MAX])
{
	const char *top = getenv("top_builddir");

	snprintf(ret_path, PATH_MAX, "%s/mhifs", top ? top : ".");
}

void mount_skip_unless_possible(void)
{
	char path[PATH_MAX];

	program(path);
	if (access(path, X_OK) < 0)
		skip("mhifs is not built");
	if (geteuid() != 0)
		skip("not root");
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		skip("no /dev/fuse");
}

void mount_init(struct mount *m)
{
	*m = (struct mount){ 0 };
	snprintf(m->base, sizeof(m->base), "/tmp/mhifs-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(m->base));
	ck_assert_int_eq(chmod(m->base, 0755), 0);
	snprintf(m->root, sizeof(m->root), "%s/mnt", m->base);
	snprintf(m->dev, sizeof(m->dev), "%s/mhi0", m->root);
	snprintf(m->device, sizeof(m->device), "loopback");
	ck_assert_int_eq(mkdir(m->root, 0755), 0);
}

void mount_fini(struct mount *m)
{
	rmdir(m->root);
	rmdir(m->base);
}

/* Splits @args in place; the program is the first word.  A call outside the
 * sandbox ends the daemon, and fails the test. */
static void exec_words(char *args)
{
	char path[PATH_MAX], sandbox[] = "--sandbox=kill";
	char *words[MAX_WORDS + 3], *save = NULL;
	int n = 0;

	program(path);
	words[n++] = path;
	words[n++] = sandbox;
	for (char *w = strtok_r(args, " ", &save); w && n <= MAX_WORDS + 1;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	words[n] = NULL;
	execv(path, words);
	_exit(127);
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void mount_start(struct mount *m, const char *options)
{
	mount_start_on(m, options, m->root);
}

void mount_launch(struct mount *m, const char *options, const char *place)
{
	char args[1536];

	snprintf(args, sizeof(args), "-f %s %s %s", options, m->device, place);
	if (strstr(options, "single"))
		snprintf(m->dev, sizeof(m->dev), "%s", m->root);
	m->pid = fork();
	ck_assert_int_ge(m->pid, 0);
	if (m->pid == 0) {
		/* A test that fails or is killed leaves no mount behind. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		signal(SIGPIPE, SIG_DFL);
		exec_words(args);
	}
}

void mount_start_on(struct mount *m, const char *options, const char *place)
{
	mount_launch(m, options, place);
	WAIT_FOR(waitpid(m->pid, NULL, WNOHANG) != 0 || mount_state_is(m, "ready"));
	ck_assert_msg(kill(m->pid, 0) == 0, "mhifs did not start");
}

int mount_run(const char *args, char *ret_message, size_t size)
{
	char words[512];
	size_t len = 0;
	ssize_t n;
	int p[2], status;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", args);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(p[1], STDERR_FILENO);
		exec_words(words);
	}
	close(p[1]);
	while (len < size - 1 && (n = read(p[0], ret_message + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret_message[len] = 0;
	close(p[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return exit_code(status);
}

int mount_end(struct mount *m, int signo)
{
	int status;

	kill(m->pid, signo);
	WAIT_FOR(waitpid(m->pid, &status, WNOHANG) == m->pid);
	m->pid = 0;
	return exit_code(status);
}

void mount_stop(struct mount *m)
{
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	mount_fini(m);
}

const char *mount_path(const struct mount *m, const char *name)
{
	static __thread char paths[8][256];
	static __thread unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", m->dev, name);
	return path;
}

int mount_open(const struct mount *m, const char *name, int flags)
{
	int fd = open(mount_path(m, name), flags | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "open %s: %s", name, strerror(errno));
	return fd;
}

const char *mount_show(const struct mount *m, const char *attr)
{
	static __thread char text[65536];
	CLEANUP_CLOSE int fd = open(mount_path(m, attr), O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	return text;
}

int mount_store(const struct mount *m, const char *attr, const char *word)
{
	CLEANUP_CLOSE int fd = open(mount_path(m, attr), O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		return -errno;
	return 0;
}

/* "KEY=" at the start of a line, or NULL. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == '=')
			return line + len + 1;
	}
	return NULL;
}

uint64_t mount_stat(const struct mount *m, const char *key)
{
	const char *value = value_of(mount_show(m, "stats"), key);

	ck_assert_msg(value != NULL, "stats has no %s", key);
	return strtoull(value, NULL, 10);
}

bool mount_state_is(const struct mount *m, const char *state)
{
	const char *value = value_of(mount_show(m, "state"), "state");
	size_t len = strlen(state);

	return value && !strncmp(value, state, len) && value[len] == '\n';
}

bool mount_chan_is(const struct mount *m, const char *chan, const char *state)
{
	char key[64];
	const char *value;
	size_t len = strlen(state);

	snprintf(key, sizeof(key), "%s.state", chan);
	value = value_of(mount_show(m, "stats"), key);
	return value && !strncmp(value, state, len) && value[len] == '\n';
}

static bool is_settled(const struct mount *m)
{
	const char *at = mount_show(m, "stats");

	while ((at = strstr(at, ".state="))) {
		at += strlen(".state=");
		if (strncmp(at, "closed\n", 7))
			return false;
	}
	return true;
}

void mount_settle(const struct mount *m)
{
	WAIT_FOR(is_settled(m));
}

void mount_barrier(const struct mount *m)
{
	struct stat st;

	stat(mount_path(m, "state"), &st);
}

unsigned int mount_n_fds(const struct mount *m)
{
	char path[64];
	unsigned int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)m->pid);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

uint8_t *pattern_new(size_t len, unsigned int seed)
{
	uint8_t *p = NULL;
	uint32_t x = seed * 2654435761u + 1;

	ck_assert_int_eq(posix_memalign((void **)&p, 4096, len ? len : 1), 0);
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		p[i] = (uint8_t)x;
	}
	return p;
}
