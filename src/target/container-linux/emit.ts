import { base64, shortestDataUrl } from '../../format/data-url.ts';
import { type IgnitionConfig, printIgnition } from '../../format/ignition.ts';
import { FIRST_BOOT } from '../../plan/first-boot.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import { unitRows } from '../../plan/units.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { Problem } from '../../spec/problem.ts';
import { VERSIONS } from '../../version/facts.ts';
import { hostArchive } from '../archive.ts';
import { ignitionExtra, kernelArguments } from '../extra.ts';
import { firstThatFits } from '../form.ts';
import { byUrl, checkPrograms, growth, toIgnition, weigh, writeDocument } from '../ignition.ts';
import { PLATFORMS } from '../limits.ts';
import { staticPods } from '../static-pods.ts';
import type { Emitted, Target } from '../target.ts';
import type { Fetched } from '../upload.ts';
import { interpret } from './interpret.ts';
import { systemd } from './limits.ts';
import { planFor } from './old-systemd.ts';

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
  // Users are Ignition's to make, and fragments its to merge: the rest comes packed.
  const extra = plan.extra && { ...plan.extra, directories: [], states: [] };
  const config = toIgnition({ ...plan, files: [], units: [], ...(extra && { extra }) }, '2.2.0', shortestDataUrl);
  const contents = { source: `data:;base64,${base64(hostArchive(plan, assets))}` };
  config.storage.files.push({ filesystem: 'root', path: ARCHIVE, mode: 0o644, overwrite: true, contents });
  config.systemd.units.push({ name: 'quorumgate-unpack.service', enabled: true, contents: UNPACK });
  return config;
}

/** One document of spec 2.2.0: as it is while that fits, else one archive and the unit that unpacks it, else fetched. */
export function emitIgnition2(given: Plan, assets: Assets, spec: Fetched): Emitted {
  const folder = `container-linux/${given.role}`;
  const plan = planFor(systemd.oldest, given);
  const config = toIgnition(plan, '2.2.0', (bytes) => shortestDataUrl(bytes));
  const inline = () => writeDocument(folder, printIgnition(config), () => weigh(plan, config));
  const archived = () =>
    writeDocument(folder, printIgnition(packed(plan, assets)), () => weigh(plan, config, growth()));
  return firstThatFits(plan.role, PLATFORMS[spec.documents.platform], [
    { name: 'inline', write: inline },
    { name: 'packed, unpacked by a unit', write: archived },
    ...byUrl(folder, '2.2.0', spec, inline),
  ]);
}

const RETRIES = `systemd before ${VERSIONS.systemdRefusesRetries.before} takes no Restart= with Type=oneshot: ExecStart= tries again instead`;
const oneshots = [...new Set(unitRows.filter(({ isRetried }) => isRetried).map(({ name }) => name))];

/** It ended with systemd 241, years before the kubelet 1.27 that the units are made for. */
const WITHOUT_PODS = 'no container runtime of Container Linux is one for a kubelet of today';

/** Ignition has a proxy of its own from spec 2.4.0 on, and it fetches before any unit runs. */
function proxied({ environment, documents }: Spec): Problem[] {
  if (environment === undefined || documents.baseUrl === undefined) return [];
  const message =
    '`documents.baseUrl` is given beside a proxy, and what container-linux fetches by it goes by no proxy.';
  return [{ code: 'target-without-proxy', pointer: '/documents/baseUrl', message }];
}

export const containerLinux: Target = {
  name: 'container-linux',
  reads: 'ignition',
  differs: [
    ...oneshots.map((name) => ({ path: `/etc/systemd/system/${name}`, why: RETRIES })),
    { path: '/opt/quorumgate/bin', why: 'there before the first program' },
    { path: ARCHIVE, why: 'what is over the limit comes packed' },
    { path: '/etc/systemd/system/quorumgate-unpack.service', why: 'unpacks it' },
    { path: FIRST_BOOT, why: 'makes users and enables units that came packed' },
  ],
  check: (spec) => [
    ...checkPrograms(spec, 'container-linux'),
    ...staticPods(spec, WITHOUT_PODS),
    ...proxied(spec),
    ...kernelArguments(spec, 'container-linux'),
    ...ignitionExtra(spec, { target: 'container-linux', spec: 2 }),
  ],
  emit: (plans, assets, spec) => ({ documents: plans.map((plan) => emitIgnition2(plan, assets, spec)) }),
  interpret,
};
