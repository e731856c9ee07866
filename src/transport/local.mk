noinst_LIBRARIES += src/transport/libtransport.a
src_transport_libtransport_a_SOURCES = \
	src/transport/iommufd_abi.h \
	src/transport/loopback.c src/transport/loopback.h \
	src/transport/mmio.c src/transport/mmio.h \
	src/transport/pci_id.h \
	src/transport/sealed.c src/transport/sealed.h \
	src/transport/vectors.c src/transport/vectors.h \
	src/transport/vfio.c src/transport/vfio.h \
	src/transport/vfio_bar.c src/transport/vfio_bar.h \
	src/transport/vfio_iommu.c src/transport/vfio_iommu.h \
	src/transport/vfio_user.c src/transport/vfio_user.h \
	src/transport/vfio_user_wire.h \
	src/transport/vhost_dialog.c src/transport/vhost_dialog.h \
	src/transport/vhost_frontend.h \
	src/transport/vhost_steps.c \
	src/transport/vhost_user.c src/transport/vhost_user.h \
	src/transport/vhost_user_wire.h
