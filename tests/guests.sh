#!/usr/bin/env bash
# guests.sh - fetch the real guests the tests run (Debian's kernels, busybox, firmware) into a cache
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   tests/guests.sh [amd64|i386|armhf|armhf-lpae|drivers-amd64|drivers-i386|drivers-armhf|disk-amd64|disk-i386|
#       memtest|installer|uboot|efi-armhf|display-armhf|dbg-amd64]...
#
# Prints the folder they are in. Everything comes from Debian's packages through apt, whatever versions
# the meta packages name now; nothing is downloaded twice. Exits with 77 (skipped) without a network.
set -eu

cache=${HINDSIGHT_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/hindsight/guests}
mkdir -p "$cache"

say() { echo "guests.sh: $*" >&2; }

# An apt of its own for a foreign architecture: lists and state below the cache, nothing of the host's changes.
apt_for() { # ARCH COMMAND...
    local arch=$1 root=$cache/apt-$1 tool=$2
    shift 2
    mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/state"
    [ -e "$root/state/status" ] || : >"$root/state/status"
    "$tool" -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State="$root/state" \
        -o Dir::State::lists="$root/lists" -o Dir::State::status="$root/state/status" \
        -o Dir::Cache="$root/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::http::Timeout=60 -qq "$@"
}

try_fetch() { # ARCH PACKAGE
    if [ ! -e "$cache/apt-$1/updated" ]; then
        # One broken list (a mirror being synchronised) need not stop us: the download below decides.
        if apt_for "$1" apt-get update >&2; then
            touch "$cache/apt-$1/updated"
        fi
    fi
    (cd "$cache/debs" && apt_for "$1" apt-get download "$2" >&2) && return
    rm -f "$cache/apt-$1/updated" # the mirror may have another version by now
    return 1
}

fetch() { # ARCH PACKAGE -> path of the .deb
    local arch=$1 package=$2 i
    mkdir -p "$cache/debs"
    for i in 1 2 3; do
        if try_fetch "$arch" "$package"; then break; fi
        [ "$i" != 3 ] || { say "cannot download $package for $arch from Debian"; exit 77; }
        say "$package for $arch: once more"
        sleep $((5 * i)) # the network's rest
    done
    ls -t "$cache"/debs/"${package}"_*_"$arch".deb "$cache"/debs/"${package}"_*_all.deb 2>/dev/null | head -1
}

unpack() { # ARCH PACKAGE DIR
    local deb
    deb=$(fetch "$1" "$2")
    mkdir -p "$3"
    dpkg-deb -x "$deb" "$3"
}

# The kernel package a meta package depends on now.
kernel_of() { # ARCH META
    fetch "$1" "$2" >/dev/null
    apt_for "$1" apt-cache depends "$2" | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1
}

write_init() { # DIR
    cat >"$1/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev 2>/dev/null
/bin/busybox --install -s /bin
export PATH=/bin
echo "init: hello from userland on $(uname -m)"
case "$(cat /proc/cmdline)" in
*hindsight.shell*)
    exec setsid cttyhack sh
    ;;
esac
dd if=/dev/zero bs=1M count=4 2>/dev/null | sha256sum
seq 1 20000 | gzip | md5sum
echo "init: done"
poweroff -f
INIT
    chmod +x "$1/init"
}

make_initrd() { # ARCH OUT
    local root=$cache/$1/root
    rm -rf "$root"
    unpack "$1" busybox-static "$root/pkg"
    mkdir -p "$root/fs/bin"
    cp "$root/pkg/bin/busybox" "$root/fs/bin/busybox" 2>/dev/null ||
        cp "$root/pkg/usr/bin/busybox" "$root/fs/bin/busybox"
    write_init "$root/fs"
    # Equal input gives an equal archive: no times, no inode numbers.
    (cd "$root/fs" && find . -exec touch -h -d @0 {} + && find . | LC_ALL=C sort |
        cpio -o -H newc --reproducible --quiet -R 0:0 | gzip -9n) >"$2.tmp"
    mv "$2.tmp" "$2"
    rm -rf "$root"
}

linux_guest() { # ARCH META
    linux_guest_as "$1" "$1" "$2"
}

linux_guest_as() { # FOLDER ARCH META
    local dir=$cache/$1 package
    shift
    [ -e "$dir/vmlinuz" ] && [ -e "$dir/initrd.gz" ] && return
    mkdir -p "$dir"
    package=$(kernel_of "$1" "$2")
    [ -n "$package" ] || { say "$2 names no kernel package"; exit 1; }
    say "fetching $package ($1)"
    unpack "$1" "$package" "$dir/pkg"
    make_initrd "$1" "$dir/initrd.gz"
    echo "$package" >"$dir/package"
    cp "$dir"/pkg/boot/vmlinuz-* "$dir/vmlinuz"
    cp "$(find "$dir/pkg/usr/lib" -name 'vexpress-v2p-ca9.dtb' | head -1)" "$dir/" 2>/dev/null || :
    rm -rf "$dir/pkg"
}

# Drivers of Debian's kernel that a test may want, in the order in which they can be loaded.
drivers="scsi_common scsi_mod libata ata_piix ata_generic crct10dif_common crct10dif_generic crc-t10dif
    crc64 crc64-rocksoft t10-pi sd_mod cdrom sr_mod virtio_ring virtio virtio_pci_legacy_dev
    virtio_pci_modern_dev virtio_pci virtio_blk crc16 mbcache jbd2 crc32c_generic libcrc32c ext4 isofs
    mii 8139cp 8139too e1000 failover net_failover virtio_net rng-core virtio-rng"

# Those that a test loads itself, with load_sound or insmod.
sound_drivers="soundcore snd snd-timer snd-pcm ac97_bus snd-ac97-codec snd-intel8x0 snd-mixer-oss snd-pcm-oss"
other_drivers="watchdog i6300esb evdev psmouse virtio_input"
vexpress_drivers="libphy smsc smsc911x armmmci ambakmi sp805_wdt"

write_driver_init() { # DIR
    cat >"$1/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /mnt
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev 2>/dev/null
/bin/busybox --install -s /bin
export PATH=/bin
for m in $(cat /modules/order); do
    [ ! -e "/modules/$m.ko" ] || insmod "/modules/$m.ko" || echo "init: $m does not load"
done
wait_for() { # until a device is there, for five seconds
    for i in $(seq 1 500); do [ ! -e "$1" ] || return 0; usleep 10000; done
    echo "init: $1 does not come"
    return 1
}
load_sound() {
    for m in $(cat /modules/sound); do insmod "/modules/$m.ko" || echo "init: $m does not load"; done
}
echo "init: drivers are loaded"
. /test.sh
echo "init: done"
sync
poweroff -f
INIT
    chmod +x "$1/init"
}

# An initial RAM disk with drivers; the test appends an archive with /test.sh, which init runs.
drivers_guest() { # ARCH META
    local dir=$cache/$1 m drivers=$drivers other_drivers=$other_drivers
    if [ "$1" = armhf ]; then
        drivers=${drivers/virtio_blk/virtio_mmio virtio_blk}
        other_drivers="$other_drivers $vexpress_drivers"
    fi
    linux_guest "$1" "$2"
    [ ! -e "$dir/drivers.gz" ] || [ "$(cat "$dir/drivers.list" 2>/dev/null)" != "$drivers $sound_drivers $other_drivers" ] || return 0
    say "drivers of $(cat "$dir/package") ($1)"
    unpack "$1" "$(cat "$dir/package")" "$dir/pkg"
    rm -rf "$dir/extra"
    mkdir -p "$dir/extra/modules"
    for m in $drivers $sound_drivers $other_drivers; do
        find "$dir/pkg/lib/modules" -name "$m.ko" -exec cp {} "$dir/extra/modules/" \;
    done
    echo $drivers >"$dir/extra/modules/order"
    echo $sound_drivers >"$dir/extra/modules/sound"
    write_driver_init "$dir/extra"
    (cd "$dir/extra" && find . -exec touch -h -d @0 {} + && find . | LC_ALL=C sort |
        cpio -o -H newc --reproducible --quiet -R 0:0 | gzip -9n) >"$dir/drivers.tmp"
    cat "$dir/initrd.gz" "$dir/drivers.tmp" >"$dir/drivers.new"
    mv "$dir/drivers.new" "$dir/drivers.gz"
    echo "$drivers $sound_drivers $other_drivers" >"$dir/drivers.list"
    rm -rf "$dir/pkg" "$dir/extra" "$dir/drivers.tmp"
}

# Debian's installer, as it is booted over the network.
installer_guest() {
    [ -e "$cache/installer/initrd.gz" ] && return
    unpack amd64 debian-installer-12-netboot-amd64 "$cache/installer/pkg"
    cp "$(find "$cache/installer/pkg" -path '*/text/*' -name linux | head -1)" "$cache/installer/linux"
    cp "$(find "$cache/installer/pkg" -path '*/text/*' -name initrd.gz | head -1)" "$cache/installer/initrd.tmp"
    mv "$cache/installer/initrd.tmp" "$cache/installer/initrd.gz"
    rm -rf "$cache/installer/pkg"
}

memtest_guest() {
    [ -e "$cache/memtest/memtest64.bin" ] && return
    unpack amd64 memtest86+ "$cache/memtest/pkg"
    cp "$(find "$cache/memtest/pkg" -name '*x64*.bin' | head -1)" "$cache/memtest/memtest64.bin"
}

uboot_guest() {
    [ -e "$cache/uboot/u-boot-arm.bin" ] && return
    unpack amd64 u-boot-qemu "$cache/uboot/pkg"
    cp "$cache/uboot/pkg/usr/lib/u-boot/qemu-x86/u-boot.rom" "$cache/uboot/u-boot.rom"
    cp "$cache/uboot/pkg/usr/lib/u-boot/qemu_arm/u-boot.bin" "$cache/uboot/u-boot-arm.bin"
    cp "$cache/uboot/pkg/usr/lib/u-boot/qemu-x86_64/u-boot.rom" "$cache/uboot/u-boot64.rom" 2>/dev/null || :
}

# Drivers of the display, which a test loads itself.
display_guest() { # ARCH META
    local dir=$cache/$1/display m
    linux_guest "$1" "$2"
    [ -e "$dir/bochs.ko" ] && return
    unpack "$1" "$(cat "$cache/$1/package")" "$dir/pkg"
    for m in drm drm_kms_helper ttm drm_ttm_helper drm_vram_helper bochs; do
        find "$dir/pkg/lib/modules" -name "$m.ko" -exec cp {} "$dir/" \;
    done
    rm -rf "$dir/pkg"
}

# EDK II for Arm: code and variables, 64 MiB each.
efi_guest() {
    [ -e "$cache/efi-armhf/vars.fd" ] && return
    unpack amd64 qemu-efi-arm "$cache/efi-armhf/pkg"
    cp "$cache/efi-armhf/pkg/usr/share/AAVMF/AAVMF32_CODE.fd" "$cache/efi-armhf/code.fd"
    cp "$cache/efi-armhf/pkg/usr/share/AAVMF/AAVMF32_VARS.fd" "$cache/efi-armhf/vars.fd"
    rm -rf "$cache/efi-armhf/pkg"
}

debug_symbols() {
    [ -e "$cache/amd64/vmlinux" ] && return
    linux_guest amd64 linux-image-amd64
    unpack amd64 "$(cat "$cache/amd64/package")-dbg" "$cache/amd64/dbg"
    mv "$(find "$cache/amd64/dbg" -name 'vmlinux-*' | head -1)" "$cache/amd64/vmlinux"
    rm -rf "$cache/amd64/dbg"
}

# ---- a Debian installed on a disk ----

# What of a kernel's drivers no machine of ours has: it makes the disk smaller by half.
without="gpu media staging infiniband isdn hwmon iio mtd net/wireless net/ethernet/mellanox net/ethernet/chelsio scsi/lpfc
    scsi/qla2xxx usb/serial"

install_files() { # ROOT UUID
    local root=$1
    echo debian >"$root/etc/hostname"
    printf '127.0.0.1 localhost debian\n' >"$root/etc/hosts"
    printf 'UUID=%s / ext4 errors=remount-ro 0 1\nproc /proc proc defaults 0 0\n' "$2" >"$root/etc/fstab"
    printf 'auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n' >"$root/etc/network/interfaces"
    sed -i -e 's/^[1-6]:.*getty.*/#&/' -e '/^T0:/d' "$root/etc/inittab"
    echo 'T0:23:respawn:/sbin/agetty -a root -L ttyS0 115200 vt100' >>"$root/etc/inittab"
    sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
    # The shell says nothing of its own on the console, so that a test finds what it waits for.
    printf "PS1='guest# '\nunset HISTFILE\necho ready for commands\n" \
        >"$root/root/.profile"
}

make_small() { # ROOT
    local d
    for d in $without; do rm -rf "$1"/lib/modules/*/kernel/drivers/"$d"; done
    rm -rf "$1"/lib/modules/*/kernel/sound "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/doc \
        "$1"/usr/share/man "$1"/usr/share/locale "$1"/var/cache/debconf/*-old
}

make_initramfs() { # ROOT
    sed -i 's/^MODULES=.*/MODULES=list/' "$1/etc/initramfs-tools/initramfs.conf"
    printf '%s\n' ata_piix ata_generic sd_mod virtio_pci virtio_blk ext4 crc32c_generic \
        >>"$1/etc/initramfs-tools/modules"
    chroot "$1" depmod "$(basename "$1"/lib/modules/*)"
    chroot "$1" update-initramfs -u >&2
}

# GRUB's boot sector, its core in the sectors behind, and a configuration inside that.
put_grub() { # DISK UUID
    local grub=/usr/lib/grub/i386-pc
    cat >"$1.cfg" <<CFG
serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
set root=(hd0,msdos1)
echo Loading Linux ...
linux /vmlinuz root=UUID=$2 ro console=ttyS0 net.ifnames=0
initrd /initrd.img
boot
CFG
    grub-mkimage -O i386-pc -d $grub -c "$1.cfg" -p '(hd0,msdos1)/boot/grub' -o "$1.core" \
        biosdisk part_msdos ext2 linux normal serial terminal echo boot
    dd if=$grub/boot.img of="$1" bs=1 count=440 conv=notrunc status=none
    dd if="$1.core" of="$1" bs=512 seek=1 conv=notrunc status=none
    rm "$1.cfg" "$1.core"
}

make_disk() { # ROOT DISK UUID
    truncate -s 1400M "$2.part"
    mke2fs -q -t ext4 -U "$3" -E hash_seed="$3" -d "$1" "$2.part"
    truncate -s 1402M "$2"
    echo 'start=2048, type=83, bootable' | sfdisk -q "$2"
    dd if="$2.part" of="$2" bs=1M seek=1 conv=notrunc,sparse status=none
    rm "$2.part"
    put_grub "$2" "$3"
}

# Debian 12 as debootstrap installs it, with sysvinit, DHCP and a shell on the serial port.
disk_guest() { # ARCH META
    local dir=$cache/disk-$1 root uuid=6fd5a2c4-5a4c-4d5e-9d0a-31c04ab4b9f2 tool
    [ ! -e "$dir/disk.qcow2" ] || return 0
    [ "$(id -u)" = 0 ] || { say "installing a guest with debootstrap needs root"; exit 77; }
    for tool in debootstrap sfdisk mke2fs qemu-img grub-mkimage; do
        command -v $tool >/dev/null || { say "$tool is not here: no guest can be installed"; exit 77; }
    done
    say "installing Debian 12 ($1) on a disk: some minutes"
    rm -rf "$dir"
    mkdir -p "$dir" "$cache/debs-$1"
    root=$dir/root
    unshare -m debootstrap --variant=minbase --arch="$1" --cache-dir="$cache/debs-$1" \
        --include=sysvinit-core,ifupdown,isc-dhcp-client,wget,udev,kmod,procps,"$2" bookworm "$root" >"$dir/log" 2>&1 ||
        { say "debootstrap failed, see $dir/log: $(tail -1 "$dir/log")"; exit 77; }
    install_files "$root" $uuid
    make_small "$root"
    unshare -m sh -c "mount -t proc proc '$root/proc'; $(declare -f make_initramfs); make_initramfs '$root'"
    make_disk "$root" "$dir/disk.raw" $uuid
    qemu-img convert -f raw -O qcow2 "$dir/disk.raw" "$dir/disk.tmp"
    rm -rf "$root" "$dir/disk.raw"
    mv "$dir/disk.tmp" "$dir/disk.qcow2"
}

[ $# -gt 0 ] || set -- amd64 i386 memtest uboot
exec 9>"$cache/lock" 8>"$cache/lock-disk"
for guest; do
    # Tests that run side by side want the same ones. An installation takes minutes, and has folders of its own.
    case $guest in
    disk-*) flock 8 ;;
    *) flock 9 ;;
    esac
    case $guest in
    amd64) linux_guest amd64 linux-image-amd64 ;;
    i386) linux_guest i386 linux-image-686 ;;
    armhf) linux_guest armhf linux-image-armmp ;;
    armhf-lpae) linux_guest_as armhf-lpae armhf linux-image-armmp-lpae ;;
    drivers-amd64) drivers_guest amd64 linux-image-amd64 ;;
    drivers-i386) drivers_guest i386 linux-image-686 ;;
    disk-amd64) disk_guest amd64 linux-image-amd64 ;;
    disk-i386) disk_guest i386 linux-image-686 ;;
    drivers-armhf) drivers_guest armhf linux-image-armmp ;;
    memtest) memtest_guest ;;
    installer) installer_guest ;;
    uboot) uboot_guest ;;
    efi-armhf) efi_guest ;;
    display-armhf) display_guest armhf linux-image-armmp ;;
    dbg-amd64) debug_symbols ;;
    *) say "no guest '$guest': amd64 i386 drivers-amd64 drivers-i386 drivers-armhf disk-amd64 disk-i386 memtest installer uboot efi-armhf display-armhf dbg-amd64 armhf armhf-lpae"; exit 2 ;;
    esac
done
echo "$cache"
