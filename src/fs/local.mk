noinst_LIBRARIES += src/fs/libfs.a
src_fs_libfs_a_SOURCES = \
	src/fs/fs.h \
	src/fs/tree.c src/fs/tree.h
