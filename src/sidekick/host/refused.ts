import { VERSIONS } from '../../version/facts.ts';
import { pattern } from '../../version/range.ts';

/** As much of the table of versions as hosts need. In the built file its values stand where fitness.ts names them (build.mjs), and no table. */
export const etcdCorrupts = pattern(VERSIONS.etcdCorrupts);
export const etcdRepaired = VERSIONS.etcdCorrupts.before;
export const etcdDropsPlainSrv = pattern(VERSIONS.etcdDropsPlainSrv);
export const etcdTakesPlainSrv = VERSIONS.etcdDropsPlainSrv.before;
export const consulIgnoresTags = pattern(VERSIONS.consulIgnoresTags);
export const consulHeedsTags = VERSIONS.consulIgnoresTags.before;
