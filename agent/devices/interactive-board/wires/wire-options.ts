import type { Settings } from '../settings.ts';

/** What a wire is made from. */
export interface WireOptions {
  readonly settings: Settings;
  /** A PIN where the wire has one. */
  readonly password: string | undefined;
}
