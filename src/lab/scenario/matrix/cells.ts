import covertable from 'covertable';
import type { ImageName } from '../../lab.ts';

/** Versions and settings that hosts are booted with once. */
export interface Cell {
  etcd: string;
  consul: string;
  image: ImageName;
  node: string;
  size: 3 | 5;
  discovery: 'committed' | 'srv';
  tls: boolean;
}

/** The values that are combined: the newest etcd of each line and one that is known to be bad for upgrades, each Consul that may be run. */
export const AXES = {
  etcd: ['3.7.3', '3.6.16', '3.5.35', '3.5.16'],
  consul: ['1.14.11', '1.8.7'],
  image: ['forky', 'trixie', 'bookworm'],
  node: ['26.12.1', '24.22.3', '22.23.5', '20.20.2', '18.20.8'],
  size: [3, 5],
  discovery: ['committed', 'srv'],
  tls: [true, false],
} as const satisfies { [Key in keyof Cell]: readonly Cell[Key][] };

/** Cells in which every value of an axis meets every value of each other one. The same each time. */
export const cells = (): Cell[] => covertable.make(AXES as unknown as { [Key in keyof Cell]: Cell[Key][] }) as Cell[];

/** One line that tells a cell from all others. */
export const nameOf = ({ etcd, consul, image, node, size, discovery, tls }: Cell): string =>
  `etcd ${etcd}, Consul ${consul}, ${image}, Node ${node}, ${size} members, ${discovery}, ${tls ? 'TLS' : 'plain'}`;
