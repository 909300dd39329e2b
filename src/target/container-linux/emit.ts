import { base64, shortestDataUrl } from '../../format/data-url.ts';
import { gzip } from '../../format/gzip.ts';
import { type IgnitionConfig, printIgnition } from '../../format/ignition.ts';
import { printTar } from '../../format/tar.ts';
import { everyFile, FIRST_BOOT } from '../../plan/first-boot.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import { checkPrograms, growth, toIgnition, weigh } from '../ignition.ts';
import type { Emitted, Limit, Part, Target } from '../target.ts';
import { userDataLimit } from './limits.ts';
import { planForOldSystemd } from './old-systemd.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const ARCHIVE = '/opt/quorumgate/host.tar.gz';

/** Unpacks what came packed, and does what Ignition would have done. Tries until it is done. */
const UNPACK = `[Unit]
Description=quorumgate: what came packed is unpacked
ConditionPathExists=!/opt/quorumgate/unpacked

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'until tar -xzf ${ARCHIVE} -C / && sh ${FIRST_BOOT} && touch /opt/quorumgate/unpacked; do sleep 5; done'
TimeoutStartSec=infinity

[Install]
WantedBy=multi-user.target
`;

/** Spec 2.x cannot unpack a data URL: the archive is a plain file to it, and a unit unpacks it. */
function packed(plan: Plan, assets: Assets): IgnitionConfig {
  const archive = printTar(
    everyFile(plan, assets).map(({ path, mode, content }) => ({ path: path.slice(1), mode, bytes: encode(content) })),
  );
  const config = toIgnition({ ...plan, files: [], units: [] }, '2.2.0', shortestDataUrl);
  const contents = { source: `data:;base64,${base64(gzip(archive))}` };
  config.storage.files.push({ filesystem: 'root', path: ARCHIVE, mode: 0o644, overwrite: true, contents });
  config.systemd.units.push({ name: 'quorumgate-unpack.service', enabled: true, contents: UNPACK });
  return config;
}

/** One document of spec 2.2.0: as it is while that fits, else one archive and the unit that unpacks it. */
export function emitIgnition2(given: Plan, assets: Assets, limit: Limit): Emitted {
  const plan = planForOldSystemd(given);
  const inline = toIgnition(plan, '2.2.0', (bytes) => shortestDataUrl(bytes));
  const document = (form: string, config: IgnitionConfig, parts: () => Part[]): Emitted => {
    const bytes = encode(printIgnition(config));
    return {
      role: plan.role,
      files: [{ path: `container-linux/${plan.role}/config.ign`, bytes }],
      size: bytes.length,
      limit,
      form,
      get parts() {
        return parts();
      },
    };
  };
  const first = document('inline', inline, () => weigh(plan, inline));
  if (first.size <= limit.bytes) return first;
  return document('packed, unpacked by a unit', packed(plan, assets), () => weigh(plan, inline, growth()));
}

const RETRIES = 'systemd before 244 takes no Restart= with Type=oneshot: ExecStart= tries again instead';
const oneshots = ['consul-dns-host', 'etcd-record', 'etcd-register-client', 'quorumgate-host', 'quorumgate-packages'];

export const containerLinux: Target = {
  name: 'container-linux',
  differs: [
    ...[...oneshots, 'quorumgate-program@'].map((name) => ({
      path: `/etc/systemd/system/${name}.service`,
      why: RETRIES,
    })),
    { path: '/opt/quorumgate/bin', why: 'there before the first program' },
    { path: ARCHIVE, why: 'what is over the limit comes packed' },
    { path: '/etc/systemd/system/quorumgate-unpack.service', why: 'unpacks it' },
    { path: FIRST_BOOT, why: 'makes users and enables units that came packed' },
  ],
  check: (spec) => checkPrograms(spec, 'container-linux'),
  emit: (plan, assets) => emitIgnition2(plan, assets, userDataLimit),
};
