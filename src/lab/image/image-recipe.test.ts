import test from 'ava';
import { LabError } from '../machine/lab-error.ts';
import { imageOr } from './image-recipe.ts';

test.serial('the image is what was asked for, here or in the environment', (t) => {
  const { QUORUMGATE_LAB_IMAGE: before } = process.env;
  t.teardown(() => {
    if (before === undefined) delete process.env.QUORUMGATE_LAB_IMAGE;
    else process.env.QUORUMGATE_LAB_IMAGE = before;
  });
  process.env.QUORUMGATE_LAB_IMAGE = '';
  t.is(imageOr(undefined), 'bookworm');
  process.env.QUORUMGATE_LAB_IMAGE = 'forky';
  t.deepEqual([imageOr(undefined), imageOr('trixie')], ['forky', 'trixie']);
  process.env.QUORUMGATE_LAB_IMAGE = 'kubelet';
  t.throws(() => imageOr(undefined), { instanceOf: LabError, message: /the lab has no such image/ });
});
