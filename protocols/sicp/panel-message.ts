/** What both frames carry: Philips SICP and its kin of iiyama share their commands. */
export interface PanelRequest {
  readonly monitor: number;
  readonly command: number;
  readonly data?: readonly number[] | Uint8Array;
}

/** A value, or what became of an order: `corrupt` the panel did not understand the bytes, `unavailable` it cannot now or not at all. */
export type PanelReply =
  | { readonly kind: 'value'; readonly monitor: number; readonly command: number; readonly data: Uint8Array }
  | { readonly kind: 'done' | 'corrupt' | 'unavailable' | 'out-of-range'; readonly monitor: number };
