import { api } from '../data/api.ts';
import { ApiError, toApiError } from '../data/api-error.ts';
import { createStore, useStore } from './store.ts';

interface Waiter {
  readonly go: () => void;
  readonly giveUp: (error: ApiError) => void;
}

const open = createStore(false);
let waiters: Waiter[] = [];

/** Opens the sign-in dialog over the page; the request that met the end of the session waits for it. */
export function askForRenewal(): Promise<void> {
  return new Promise((go, giveUp) => {
    waiters.push({ go, giveUp });
    open.set(true);
  });
}

/** The person signed in again: everything that waits goes on. */
export function finishRenewal(): void {
  const waiting = waiters;
  waiters = [];
  open.set(false);
  for (const { go } of waiting) go();
}

/** The person did not sign in again: everything that waits fails. */
export function abandonRenewal(): void {
  const waiting = waiters;
  waiters = [];
  open.set(false);
  for (const { giveUp } of waiting)
    giveUp(new ApiError('signed-out', 'signed-out', 'the session has ended', { status: 401 }));
}

/** Asks whether the session still stands, after the live stream broke; opens the dialog when it does not. */
export function checkSession(): void {
  api.me().catch((thrown: unknown) => {
    if (toApiError(thrown).kind === 'signed-out') open.set(true);
  });
}

export function useRenewalOpen(): boolean {
  return useStore(open);
}
