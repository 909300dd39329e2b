import { TAP } from '../network/tap.ts';

export const QEMU = 'qemu-system-x86_64';

/** Memory of a virtual machine, in MiB. */
const MEMORY = 700;

/** As libvirt and cloud images have it: the guest's agent opens the port of this name. */
const AGENT_PORT = 'org.qemu.guest_agent.0';

/** Words of the kernel's command line. */
const KERNEL = [
  'root=/dev/vda',
  'rw',
  'console=ttyS0',
  // Its first interface is `eth0`, as it is on every host of the lab.
  'net.ifnames=0',
  // Its rate is measured as the kernel boots, by an emulated timer: on a busy machine one clock went 1.6 times as fast as it should.
  'tsc=unstable',
  // Emulated, a unit takes longer than the 90 s that systemd gives it; ours have limits of their own.
  'systemd.default_timeout_start_sec=900',
  'systemd.show_status=yes',
];

/** A virtual machine: paths of its files, and its clock. */
export interface MachineFiles {
  kernel: string;
  initrd: string;
  disk: string;
  seed: string;
  agent: string;
  console: string;
}

/** A moment as `-rtc base=` takes it. */
function rtcBase(moment: Date): string {
  return moment.toISOString().slice(0, 19);
}

const words = (pairs: Record<string, string>) =>
  Object.entries(pairs)
    // A comma in a value is written twice.
    .map(([key, value]) => `${key}=${value.replaceAll(',', ',,')}`)
    .join(',');

/**
 * QEMU's command line; `mac` is the hardware address, `clock` the time at which its clock begins. Whatever the machine has flushed is on
 * this machine's disk or in its page cache, so killing QEMU loses what the guest alone had in memory: as a power cut does.
 */
export function qemuCommand(files: MachineFiles, mac: string, clock?: Date): string[] {
  const drive = (path: string, more: Record<string, string>) => [
    '-drive',
    words({ file: path, format: 'raw', if: 'virtio', ...more }),
  ];
  return [
    QEMU,
    '-nodefaults',
    '-no-user-config',
    ...['-display', 'none'],
    ...['-machine', 'q35'],
    // KVM is not to be had where the lab runs in a virtual machine itself.
    ...['-accel', 'tcg,thread=multi'],
    ...['-cpu', 'max,la57=off'],
    ...['-smp', '1'],
    ...['-m', String(MEMORY)],
    ...['-rtc', `base=${clock === undefined ? 'utc' : rtcBase(clock)}`],
    ...['-kernel', files.kernel],
    ...['-initrd', files.initrd],
    ...['-append', KERNEL.join(' ')],
    ...drive(files.disk, { cache: 'writeback' }),
    ...drive(files.seed, { readonly: 'on' }),
    ...['-netdev', `tap,id=cable,ifname=${TAP},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=cable,mac=${mac},romfile=`],
    ...['-device', 'virtio-rng-pci'],
    ...['-chardev', `file,id=console,${words({ path: files.console })},append=on`],
    ...['-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=agent,${words({ path: files.agent })},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=agent,name=${AGENT_PORT}`],
  ];
}
