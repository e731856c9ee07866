/*
 * The names and inodes of the mount, over a registry whose devices come and go
 * at once: what a real mount cannot be made to do at the wrong moment.
 */
#include "fs/kernel.h"
#include "fs/tree.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>

struct device {
	unsigned int refs;
	char name[16];
	struct device_port ports[2];
	struct node attr;
	struct node line;	/* in gpio/led */
	struct node_dir root, gpio, led;
};

struct registry {
	struct device *devices[4];	/* NULL at the end */
};

struct device *device_ref(struct device *d)
{
	d->refs++;
	return d;
}

void device_unref(struct device *d)
{
	ck_assert_uint_gt(d->refs, 0);
	d->refs--;
}

const char *device_name(const struct device *d)
{
	return d->name;
}

const char *device_path_name(const struct device *d)
{
	return d->name + strlen("mhi");
}

const struct node_dir *device_dir(const struct device *d)
{
	return &d->root;
}

struct device *registry_device(struct registry *r, unsigned int i)
{
	return r->devices[i];
}

struct device *registry_find(struct registry *r, const char *name)
{
	for (struct device **d = r->devices; *d; d++)
		if (!strcmp((*d)->name, name))
			return *d;
	return NULL;
}

static struct registry registry;
static struct device one, two, again;
static struct tree tree;

static void device_fill(struct device *d, const char *name)
{
	static const char *const names[] = { "DIAG", "DUN" };

	*d = (struct device){ .refs = 0 };
	snprintf(d->name, sizeof(d->name), "%s", name);
	node_dir_init(&d->root, "");
	node_dir_init(&d->gpio, "gpio");
	node_dir_init(&d->led, "led");
	for (size_t i = 0; i < ARRAY_SIZE(d->ports); i++) {
		d->ports[i] = (struct device_port){
			.name = names[i], .mode = 0660, .gid = 20, .is_offered = true,
		};
		list_append(&d->root.ports, &d->ports[i].node);
	}
	d->attr = (struct node){ .name = "state", .mode = 0444 };
	list_append(&d->root.nodes, &d->attr.node);
	d->line = (struct node){ .name = "value", .mode = 0644 };
	list_append(&d->led.nodes, &d->line.node);
	list_append(&d->gpio.dirs, &d->led.node);
	list_append(&d->root.dirs, &d->gpio.node);
}

static void setup(void)
{
	device_fill(&one, "mhi0");
	device_fill(&two, "mhi1");
	device_fill(&again, "mhi0");
	registry = (struct registry){ { &one, &two } };
	ck_assert_int_eq(tree_init(&tree, &registry, false), 0);
}

static void teardown(void)
{
	tree_fini(&tree);
	ck_assert_uint_eq(one.refs + two.refs + again.refs, 0);
}

/* The kernel's look-up of a path; counts its references. */
static struct inode *look_up(const char *dir, const char *name)
{
	struct inode *at = tree.root;

	if (*dir) {
		ck_assert_int_eq(tree_lookup(&tree, at, dir, &at), 0);
		at->lookups++;
	}
	ck_assert_int_eq(tree_lookup(&tree, at, name, &at), 0);
	at->lookups++;
	return at;
}

static int lookup_error(struct inode *dir, const char *name)
{
	struct inode *inode;

	return tree_lookup(&tree, dir, name, &inode);
}

START_TEST(test_name_keeps_its_number)
{
	struct inode *dun = look_up("mhi0", "DUN");
	uint64_t number = dun->number;

	tree_forget(&tree, dun, 1);
	ck_assert_ptr_eq(look_up("mhi0", "DUN"), dun);
	ck_assert_uint_eq(dun->number, number);
	ck_assert_uint_ne(look_up("mhi1", "DUN")->number, number);
	ck_assert_uint_ne(look_up("mhi0", "DIAG")->number, number);
	ck_assert_ptr_eq(tree_inode(&tree, number), dun);
}
END_TEST

START_TEST(test_directories_nest_and_leave)
{
	struct inode *gpio = look_up("mhi0", "gpio"), *led, *value;
	struct stat st;
	struct place p;

	ck_assert_int_eq(tree_lookup(&tree, gpio, "led", &led), 0);
	ck_assert_int_eq(tree_lookup(&tree, led, "value", &value), 0);
	ck_assert_int_eq(tree_stat(&tree, led, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(tree_find(&tree, value, &p), 0);
	ck_assert_ptr_eq(p.attr, &one.line);
	ck_assert(tree_entry(&tree, gpio, 0, &p));
	ck_assert_str_eq(p.name, "led");
	ck_assert(!tree_entry(&tree, gpio, 1, &p));

	list_remove(&one.gpio.node);
	ck_assert_int_eq(tree_find(&tree, value, &p), -ENOENT);
	ck_assert_int_eq(lookup_error(gpio, "led"), -ENOENT);
	ck_assert(!tree_entry(&tree, led, 0, &p));
}
END_TEST

START_TEST(test_unknown_numbers_are_nothing)
{
	ck_assert_ptr_null(tree_inode(&tree, 0));
	ck_assert_ptr_null(tree_inode(&tree, 2));
	ck_assert_ptr_null(tree_inode(&tree, UINT64_MAX));
	ck_assert_ptr_eq(tree_inode(&tree, FUSE_ROOT_ID), tree.root);
}
END_TEST

START_TEST(test_missing_names_are_enoent)
{
	struct inode *state = look_up("mhi0", "state");

	ck_assert_int_eq(lookup_error(tree.root, "mhi2"), -ENOENT);
	ck_assert_int_eq(lookup_error(tree.root, ""), -ENOENT);
	ck_assert_int_eq(lookup_error(state, "x"), -ENOTDIR);
}
END_TEST

START_TEST(test_channel_that_is_not_offered_is_not_there)
{
	struct inode *dun = look_up("mhi0", "DUN");
	struct inode *dir = tree_inode(&tree, dun->parent->number);
	struct stat st;

	one.ports[1].is_offered = false;
	ck_assert_int_eq(lookup_error(dir, "DUN"), -ENOENT);
	ck_assert_int_eq(tree_stat(&tree, dun, &st), -ENOENT);
	one.ports[1].is_offered = true;
	ck_assert_ptr_eq(look_up("mhi0", "DUN"), dun);
	ck_assert_int_eq(tree_stat(&tree, dun, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0660);
}
END_TEST

START_TEST(test_open_file_keeps_its_attributes)
{
	struct inode *dun = look_up("mhi0", "DUN");
	struct stat st;

	dun->n_files = 1;
	ck_assert_int_eq(tree_stat(&tree, dun, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 1);
	one.ports[1].is_offered = false;
	ck_assert_int_eq(tree_stat(&tree, dun, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0660);
	ck_assert_uint_eq(st.st_nlink, 0);
	dun->n_files = 0;
	ck_assert_int_eq(tree_stat(&tree, dun, &st), -ENOENT);
}
END_TEST

START_TEST(test_f90_device_that_left_is_enoent_everywhere)
{
	struct inode *dun = look_up("mhi0", "DUN"), *link = look_up("by-path", "0");
	struct inode *dir = dun->parent;
	struct stat st = { .st_mode = 0600 };
	struct place p;

	registry = (struct registry){ { &two } };
	ck_assert_int_eq(tree_stat(&tree, dun, &st), -ENOENT);
	ck_assert_int_eq(tree_stat(&tree, dir, &st), -ENOENT);
	ck_assert_int_eq(tree_find(&tree, link, &p), -ENOENT);
	ck_assert_int_eq(tree_chown(&tree, dun, &st, FUSE_SET_ATTR_MODE), -ENOENT);
	ck_assert_int_eq(lookup_error(dir, "DUN"), -ENOENT);
	ck_assert(!tree_entry(&tree, dir, 0, &p));
}
END_TEST

START_TEST(test_f90_device_that_came_back_is_another)
{
	struct inode *old = look_up("mhi0", "DUN"), *new;
	struct stat st;

	registry = (struct registry){ { &again, &two } };
	new = look_up("mhi0", "DUN");
	ck_assert_ptr_ne(new, old);
	ck_assert_uint_ne(new->number, old->number);
	ck_assert_uint_ne(new->generation, old->generation);
	ck_assert_int_eq(tree_stat(&tree, old, &st), -ENOENT);
	ck_assert_int_eq(tree_stat(&tree, new, &st), 0);
}
END_TEST

START_TEST(test_number_is_free_once_the_kernel_forgot)
{
	struct inode *dun = look_up("mhi0", "DUN"), *dir = dun->parent;
	uint64_t number = dun->number, above = dir->number;

	registry = (struct registry){ { &two } };
	dun->n_files = 1;
	tree_forget(&tree, dun, 1);
	ck_assert_ptr_eq(tree_inode(&tree, number), dun);
	dun->n_files = 0;
	tree_forget(&tree, dun, 0);
	ck_assert_ptr_null(tree_inode(&tree, number));
	ck_assert_ptr_eq(tree_inode(&tree, above), dir);
	tree_forget(&tree, dir, 1);
	ck_assert_ptr_null(tree_inode(&tree, above));
	ck_assert_uint_eq(one.refs, 0);
}
END_TEST

START_TEST(test_forgetting_too_much_is_harmless)
{
	struct inode *dun = look_up("mhi0", "DUN");

	tree_forget(&tree, dun, 1000);
	ck_assert_uint_eq(dun->lookups, 0);
	tree_forget(&tree, tree.root, 1000);
	ck_assert_ptr_eq(tree_inode(&tree, FUSE_ROOT_ID), tree.root);
}
END_TEST

START_TEST(test_f90_many_arrivals_leave_no_inodes_behind)
{
	size_t n;

	for (int i = 0; i < 1000; i++) {
		struct inode *dun;

		registry = (struct registry){ { i % 2 ? &one : &again, &two } };
		dun = look_up("mhi0", "DUN");
		tree_forget(&tree, dun->parent, 1);
		tree_forget(&tree, dun, 1);
	}
	n = tree.n_inodes;
	ck_assert_uint_le(n, 64);
}
END_TEST

START_TEST(test_owner_of_files_can_change_and_of_no_other)
{
	struct stat st = { .st_mode = S_IFREG | 04640, .st_uid = 5, .st_gid = 6 };
	int all = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
	struct inode *dun = look_up("mhi0", "DUN");

	ck_assert_int_eq(tree_chown(&tree, dun, &st, all), 0);
	ck_assert_uint_eq(one.ports[1].mode, 0640);
	ck_assert_uint_eq(one.ports[1].uid, 5);
	ck_assert_uint_eq(one.ports[1].gid, 6);
	ck_assert_int_eq(tree_chown(&tree, look_up("mhi0", "state"), &st, all), 0);
	ck_assert_uint_eq(one.attr.uid, 5);
	ck_assert_int_eq(tree_chown(&tree, look_up("mhi0", "events"), &st, all), -EPERM);
	ck_assert_int_eq(tree_chown(&tree, dun->parent, &st, all), -EPERM);
	ck_assert_int_eq(tree_chown(&tree, dun->parent, &st, FUSE_SET_ATTR_SIZE), 0);
}
END_TEST

START_TEST(test_single_root_is_the_only_device)
{
	struct inode *dun;
	struct stat st;

	tree_fini(&tree);
	registry = (struct registry){ { &one } };
	ck_assert_int_eq(tree_init(&tree, &registry, true), 0);
	dun = look_up("", "DUN");
	ck_assert_int_eq(tree_stat(&tree, dun, &st), 0);
	ck_assert_int_eq(lookup_error(tree.root, "by-path"), -ENOENT);
	registry = (struct registry){ { NULL } };
	ck_assert_int_eq(tree_stat(&tree, dun, &st), -ENOENT);
	ck_assert_int_eq(tree_stat(&tree, tree.root, &st), 0);
	registry = (struct registry){ { &again } };
	ck_assert_ptr_ne(look_up("", "DUN"), dun);
}
END_TEST

/* A listing makes inodes the kernel need not hear of. */
static void list_all(struct inode *dir)
{
	struct place p;

	for (unsigned int i = 0; tree_entry(&tree, dir, i, &p); i++)
		ck_assert_ptr_nonnull(tree_child(&tree, dir, &p));
}

START_TEST(test_f90_single_root_lets_go_of_a_device_that_left)
{
	tree_fini(&tree);
	registry = (struct registry){ { &one } };
	ck_assert_int_eq(tree_init(&tree, &registry, true), 0);
	list_all(tree.root);
	ck_assert_uint_gt(one.refs, 0);
	registry = (struct registry){ { &again } };
	list_all(tree.root);
	ck_assert_uint_eq(one.refs, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_name_keeps_its_number);
	tcase_add_test(tc, test_directories_nest_and_leave);
	tcase_add_test(tc, test_unknown_numbers_are_nothing);
	tcase_add_test(tc, test_missing_names_are_enoent);
	tcase_add_test(tc, test_channel_that_is_not_offered_is_not_there);
	tcase_add_test(tc, test_open_file_keeps_its_attributes);
	tcase_add_test(tc, test_f90_device_that_left_is_enoent_everywhere);
	tcase_add_test(tc, test_f90_device_that_came_back_is_another);
	tcase_add_test(tc, test_number_is_free_once_the_kernel_forgot);
	tcase_add_test(tc, test_forgetting_too_much_is_harmless);
	tcase_add_test(tc, test_f90_many_arrivals_leave_no_inodes_behind);
	tcase_add_test(tc, test_owner_of_files_can_change_and_of_no_other);
	tcase_add_test(tc, test_single_root_is_the_only_device);
	tcase_add_test(tc, test_f90_single_root_lets_go_of_a_device_that_left);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
