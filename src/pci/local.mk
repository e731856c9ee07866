noinst_LIBRARIES += src/pci/libpci.a
src_pci_libpci_a_SOURCES = \
	src/pci/bind.c src/pci/bind.h \
	src/pci/examine.c src/pci/examine.h \
	src/pci/function.c src/pci/function.h \
	src/pci/host.c src/pci/host.h \
	src/pci/names.c src/pci/names.h
