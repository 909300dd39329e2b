import { aws, type LabTarget } from './aws.ts';

/** The targets that the lab can boot. */
export const LAB_TARGETS: readonly LabTarget[] = [aws];
