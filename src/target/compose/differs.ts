import { PROXIED } from '../../plan/proxy.ts';
import { dataDropIns, unitRows } from '../../plan/units.ts';
import type { Difference } from '../target.ts';
import { containerUnits } from './containers.ts';

export const differs: readonly Difference[] = [
  ...unitRows
    .filter(({ inContainer }) => inContainer !== null)
    .map(({ name, inContainer }) => ({
      path: `/etc/systemd/system/${name}`,
      why: typeof inContainer === 'string' ? inContainer : 'a container does what the unit does',
    })),
  ...dataDropIns(unitRows).map((path) => ({ path, why: 'the directory is a volume' })),
  ...PROXIED.slice(0, 2).map((unit) => ({
    path: `/etc/systemd/system/${unit}.d/proxy.conf`,
    why: 'programs are in the image',
  })),
  ...containerUnits.map((unit) => ({ path: `/opt/quorumgate/container/${unit}`, why: 'the unit as shell' })),
  { path: '/opt/quorumgate/libexec/container', why: 'does what systemd does with a unit' },
  { path: '/opt/quorumgate/container/bin/systemctl', why: 'ends etcd, which is in another container' },
  { path: '/etc/sysusers.d/quorumgate.conf', why: 'users are numbers' },
  { path: '/etc/tmpfiles.d/quorumgate.conf', why: 'the directory is a volume' },
  { path: '/etc/systemd/resolved.conf.d/quorumgate.conf', why: 'Docker asks 127.0.0.1:53' },
  { path: '/opt/quorumgate/libexec/dns', why: 'Docker asks 127.0.0.1:53' },
];
