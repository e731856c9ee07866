noinst_LIBRARIES += src/fs/libfs.a
src_fs_libfs_a_SOURCES = \
	src/fs/attr-file.c \
	src/fs/calls.c \
	src/fs/calls.h \
	src/fs/channel-file.c \
	src/fs/event-file.c \
	src/fs/file.c \
	src/fs/file.h \
	src/fs/fs.c \
	src/fs/fs.h \
	src/fs/handles.c \
	src/fs/handles.h \
	src/fs/kernel.h \
	src/fs/listing.c \
	src/fs/listing.h \
	src/fs/mountpoint.c \
	src/fs/mountpoint.h \
	src/fs/request.c \
	src/fs/request.h \
	src/fs/stored-file.c \
	src/fs/tree.c \
	src/fs/tree.h
