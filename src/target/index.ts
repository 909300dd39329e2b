import { aws } from './aws/emit.ts';
import { cloudInit } from './cloud-init/emit.ts';
import { compose } from './compose/emit.ts';
import { containerLinux } from './container-linux/emit.ts';
import { fedoraCoreos } from './fedora-coreos/emit.ts';
import { flatcar } from './flatcar/emit.ts';
import type { Target } from './target.ts';
import { vagrant } from './vagrant/emit.ts';

/** The one list of targets. */
export const targets: readonly Target[] = [aws, ...cloudInit, containerLinux, flatcar, fedoraCoreos, vagrant, compose];
