import { decide } from '../ready/decide.ts';
import type { Decision, Observed } from '../ready/observed.ts';

/** The rules under test: decide() itself and what surrounds it, or what is left of them when one has been taken out. */
export interface Rules {
  decide(seen: Observed): Decision;
  /** Whether the record is created only where there is none. */
  compareAndSet: boolean;
  /** Whether one host at a time changes the membership. */
  lock: boolean;
  /** Whether etcd is stopped in a cluster that was not the predicted one. */
  quarantine: boolean;
  /** Whether who was not looked at for a while counts as silent only from now on. */
  steadyWatch: boolean;
  /** Whether a host that has removed the member that it was joins only while that place is free. */
  keepsRoom: boolean;
  /** Whether an identity made anew on a copied disk never was there before. */
  freshCopies: boolean;
  /** Whether the member that an added etcd asks for the list has heard of the latest change. */
  freshPeers: boolean;
}

export const RULES: Rules = {
  decide,
  compareAndSet: true,
  lock: true,
  quarantine: true,
  steadyWatch: true,
  keepsRoom: true,
  freshCopies: true,
  freshPeers: true,
};
