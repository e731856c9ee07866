# For programs that read the mounted tree; there is no library to link.
mhifsincludedir = $(includedir)/mhifs
mhifsinclude_HEADERS = include/mhifs/mhifs.h
