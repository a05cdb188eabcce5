#!/bin/sh
# A Chromium for the browser tests: the one on the machine, else Playwright's own, else Debian's package.
# Usage: install_browser.sh FOLDER_OF_PLAYWRIGHT
set -u
if command -v chromium || command -v chromium-browser || command -v google-chrome; then exit 0; fi >/dev/null
if "$1/playwright" install chromium >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" -eq 0 ]; then root=""; else root="sudo -n"; fi
    $root apt-get update -q >/dev/null 2>&1
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium >/dev/null 2>&1
fi
command -v chromium >/dev/null || echo "no Chromium could be installed; the browser tests will be skipped" >&2
exit 0
