import type { Problem } from '../problem.ts';
import type { Rule } from './draft.ts';
import { notPlain } from './file.ts';

const POINTER = '/etcd/volume';

/** A volume is the user's own to mount, or a device that the host mounts. */
export const volume: Rule = ({ etcd }, { isWritten, isInvalid }) => {
  const given = etcd?.volume;
  if (given === undefined || isInvalid(POINTER)) return [];
  const has = (key: string) => isWritten(`${POINTER}/${key}`) || isInvalid(`${POINTER}/${key}`);
  const [mount, device] = [has('mount'), has('device')];
  if (mount === device) {
    const what = mount ? 'has `mount` and `device` at once' : 'says neither `mount` nor `device`';
    const detail = { verb: mount ? 'Keep exactly' : 'Add exactly', allowed: '`mount`, `device`' };
    return [{ code: 'choose-one', pointer: POINTER, message: `\`etcd.volume\` ${what}.`, detail }];
  }
  const problems: Problem[] = isInvalid(`${POINTER}/device`) ? [] : notPlain(given.device ?? '/', `${POINTER}/device`);
  if (mount && has('filesystem')) {
    const message = '`etcd.volume.filesystem` is given, and the host formats nothing: there is no `device`.';
    problems.push({ code: 'volume-unneeded', pointer: `${POINTER}/filesystem`, on: 'key', message });
  }
  return problems;
};
