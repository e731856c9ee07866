# make coverage: the lines and branches of each folder that the tests without a mount,
# a guest or a sweep reach; configured with --enable-coverage.  The two ways out of
# an assert are no branch.
coverage_left_out = ^tests/(check-|device/|vm/|sweep-|soak$$|mhictl-|mhi-sim|usb-mock)
coverage_row = "%-16s %6d %6.1f %% %6d %6.1f %%\n"

if COVERAGE
coverage: all
	@find . -name '*.gcda' -delete
	@tests=$$(printf '%s\n' $(TESTS) | grep -vE '$(coverage_left_out)' | tr '\n' ' '); \
		$(MAKE) $(AM_MAKEFLAGS) check TESTS="$$tests" >coverage.log 2>&1 || \
		{ tail -n 40 coverage.log; exit 1; }
	@root=$$(cd $(top_srcdir) && pwd -P); \
		gcovr --root "$$root" --filter "$$root/src/" --csv coverage.csv \
		--exclude-branches-by-pattern '.*\bassert\(.*' .
	@awk -F, 'NR > 1 { \
		sub("/[^/]*$$", "", $$1); \
		n[$$1] += $$2; run[$$1] += $$3; ways[$$1] += $$5; taken[$$1] += $$6; \
	} \
	END { \
		printf "%-16s %6s %8s %6s %8s\n", "folder", "lines", "run", "ways", "taken"; \
		for (d in n) \
			printf $(coverage_row), d, n[d], 100 * run[d] / n[d], ways[d], \
				ways[d] ? 100 * taken[d] / ways[d] : 100 | "sort"; \
	}' coverage.csv
else
coverage:
	@echo "configure with --enable-coverage"; exit 1
endif
CLEANFILES += coverage.log coverage.csv
