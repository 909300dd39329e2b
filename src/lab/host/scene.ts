import type { Layout } from '../machine/layout.ts';
import type { LabState } from './state.ts';

/** The scene that a fault is played on: the lab's places and what is remembered of it. */
export interface Scene {
  layout: Layout;
  state: LabState;
}
