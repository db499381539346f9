#!/usr/bin/env bash
# Makes .venv and installs glmbot with one set of extras: "local" to run it, "dev" to work on it, "bench" for its peer;
# "chatglm-cpp", "llama-cpp" and "onnxruntime" install a peer of the model server besides.
set -euo pipefail
cd "$(dirname "$0")/.."
extras=$1
python=${PYTHON:-python3}
torch=$(grep '^torch==' constraints.txt)
synapse=matrix-synapse==1.163.2
chatglm_cpp=chatglm-cpp==0.4.2
llama_cpp=llama-cpp-python==0.3.36
onnxruntime="onnxruntime==1.32.0 onnx==1.23.2"
log=.venv/setup.log
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { echo "setup: $*" >&2; }
quietly() { "$@" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; say "failed: $*"; exit 1; }; }

have_python() { "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
have_python || { say "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }

make_venv() {
    [ -x .venv/bin/pip ] && return
    say "making .venv"
    "$python" -m venv .venv >/dev/null 2>&1 && return
    # Debian splits venv off from Python
    rm -rf .venv
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { say "run: sudo apt-get install python3-venv"; exit 1; }
    say "installing python3-venv"
    apt-get update -qq >/dev/null && apt-get install -y -qq python3-venv >/dev/null
    "$python" -m venv .venv || { say "failed: $python -m venv .venv"; exit 1; }
}

# The build of torch for CPUs is a tenth of the other's size. Where no NVIDIA GPU is present it is taken from
# PyTorch's own index, if that can be reached; otherwise from wherever pip is set up to look.
torch_index() {
    command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1 && return
    local index=https://download.pytorch.org/whl/cpu
    .venv/bin/python - "$index" <<'PY' && echo "--extra-index-url $index"
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[1] + "/", timeout=3)
except OSError:
    sys.exit(1)
PY
}

# Some tests speak to servers that others wrote: PostgreSQL, two for IRC, and one for Telegram, in JavaScript. One records
# by strace what reaches the disk, and one reads the web page in Chromium. The model server's kernels are in C.
install_servers() {
    local packages=() masked=() log=.venv/setup-servers.log
    command -v npm >/dev/null || packages+=(nodejs npm)
    command -v pg_ctl >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null || packages+=(postgresql)
    local irc
    for irc in ngircd inspircd; do
        command -v "$irc" >/dev/null || [ -x "/usr/sbin/$irc" ] || { packages+=("$irc"); masked+=("$irc"); }
    done
    command -v cc >/dev/null || packages+=(gcc libc6-dev)
    command -v chromium >/dev/null || packages+=(chromium fonts-noto-cjk)
    [ "$(uname)" != Linux ] || command -v strace >/dev/null || packages+=(strace)
    [ ${#packages[@]} = 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${packages[*]}"
        # Debian would start the IRC servers at once, open to the network; the tests start their own, on loopback
        if [ ${#masked[@]} != 0 ] && [ -d /run/systemd/system ]; then quietly systemctl mask "${masked[@]}"; fi
        quietly apt-get update -qq
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}"
    else
        say "some tests will be skipped; for them run: sudo apt-get install ${packages[*]}"
    fi
}

# The tests for Matrix run Synapse, which is Python, and wants other versions of what we use.
install_synapse() {
    local log=.venv/setup-synapse.log
    [ -x .venv/synapse/bin/synapse_homeserver ] && return
    say "installing Synapse"
    rm -rf .venv/synapse
    "$python" -m venv .venv/synapse >>"$log" 2>&1 &&
        .venv/synapse/bin/pip install -q "$synapse" >>"$log" 2>&1 && return
    rm -rf .venv/synapse
    say "the tests for Matrix will be skipped, since $synapse cannot be installed; $log says why"
}

# The engine's peers are compiled here, for this processor: chatglm.cpp's package alone would build for AVX2. It is of
# 2024, and today's CMake has to be told that its files are older. By ninja, since make would run all compilers at once.
# GCC 12 drops what is written to the settings of AMX's tiles, since its intrinsic names their first bytes only: llama.cpp
# would end by an illegal instruction.
install_peer() {
    local folder=.venv/$1 package=$2 flags="-march=native -fno-tree-dse -fno-dse"
    say "compiling $package (some minutes)"
    rm -rf "$folder"
    quietly .venv/bin/python -m venv "$folder"
    quietly "$folder/bin/pip" install -q ninja
    quietly nice env PATH="$PWD/$folder/bin:$PATH" CMAKE_GENERATOR=Ninja CFLAGS="$flags" CXXFLAGS="$flags" \
        CMAKE_ARGS=-DCMAKE_POLICY_VERSION_MINIMUM=3.5 \
        "$folder/bin/pip" install -q --no-cache-dir --no-binary "${package%%=*}" "$package"
    touch "$3"
    say "ready"
}

install_onnxruntime() {
    say "installing $onnxruntime"
    quietly .venv/bin/python -m venv .venv/onnxruntime
    # shellcheck disable=SC2086  # two packages
    quietly .venv/onnxruntime/bin/pip install -q $onnxruntime
    touch .venv/.bench-onnxruntime
    say "ready"
}

make_venv
case $extras in
    chatglm-cpp) install_peer chatglm-cpp "$chatglm_cpp" .venv/.bench-engine; exit ;;
    llama-cpp) install_peer llama-cpp "$llama_cpp" .venv/.bench-llama; exit ;;
    onnxruntime) install_onnxruntime; exit ;;
esac
# Beside each other, but for glmbot itself, whose kernels wait for the C compiler. What runs beside is waited for also
# when something fails, since apt must not be left, or ended, in the middle.
trap wait EXIT
if [ "$extras" = dev ]; then
    install_servers &
    servers=$!
    install_synapse &
    synapse=$!
fi
if ! .venv/bin/python -c 'import torch' 2>/dev/null; then
    say "installing $torch"
    # shellcheck disable=SC2046  # an index, or nothing
    quietly .venv/bin/pip install -q "$torch" $(torch_index || true)
fi
if [ "$extras" = dev ]; then wait "$servers"; fi
command -v cc >/dev/null || say "without a C compiler int8 and int4 models are slower; for one: sudo apt-get install gcc"
say "installing glmbot[$extras]"
quietly .venv/bin/pip install -q --constraint constraints.txt --editable ".[$extras]"
if [ "$extras" = dev ]; then wait "$synapse" && touch .venv/.dev; fi
touch .venv/.run
say "ready"
