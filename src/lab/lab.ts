// biome-ignore-all lint/performance/noBarrelFile: whoever uses the lab need not know its rooms.
/**
 * The lab's front door: hosts that boot on this machine, as the command line, tests and benches use them. `start` compiles and boots,
 * `up` waits as well, `attach` finds a lab that runs; all give a `Lab`. Behind it are the rooms (docs/architecture.md).
 */
export { attach, attachTo } from './attach.ts';
export { assertFree, boot, type ClusterBeside } from './boot.ts';
export { playChaos } from './chaos/play.ts';
export { chaosReport } from './chaos/report.ts';
export { groupsOf } from './cluster/find-host.ts';
export { down, lockLab } from './cluster/take-down.ts';
export { throwawayCertificates } from './compile/certificates.ts';
export { type Bootable, type CompileSettings, compileForLab } from './compile/compile-for-lab.ts';
export { type LabSecrets, labSecrets, type OfConsul, ofConsulIn, teach } from './compile/secrets.ts';
export type { Fault, FaultOption } from './fault/fault.ts';
export { FAULTS, type FaultName } from './fault/faults.ts';
export type { Lab } from './handle.ts';
export { insideForeground, networkForeground } from './host/inside.ts';
export { showLogs } from './host/journal.ts';
export { ensureImage } from './image/image.ts';
export { IMAGES, type ImageName } from './image/image-recipe.ts';
export { LabError } from './machine/lab-error.ts';
export { layoutOf } from './machine/layout.ts';
export { prepareMachine } from './machine/preconditions.ts';
export {
  consulAddresses,
  hostsEver,
  hostsOf,
  type Network,
  networkOf,
  placeBeside,
} from './network/addresses.ts';
export { serve } from './network/serve.ts';
export { PATIENCE, start, type UpOptions, up, type WaitOptions } from './start.ts';
export { status } from './status.ts';
export { LAB_TARGETS, slowest } from './target/targets.ts';
export { bootsOf } from './view/boot-report.ts';
export { progress } from './view/progress.ts';
export { clusterReport, phaseReport, stuckReport } from './view/report.ts';
export { watch } from './view/watch.ts';
