import type { InfiniteData } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Device, DeviceRow } from '../../../../protocols/api/devices.ts';
import type { LiveEvent } from '../../../../protocols/api/live.ts';
import { listenToHttp } from '../data/http.ts';
import { LiveStream } from '../data/live-stream.ts';
import { queryClient } from '../data/query-client.ts';
import { learnHubTime } from './clock.ts';
import { firstLink, type Link } from './connection.ts';
import { effectsOf, patchDevice, patchPages, type Topic } from './live-effects.ts';
import { askForRenewal, checkSession } from './renewal.ts';
import { createStore, type Store, useStore } from './store.ts';

type DevicePages = InfiniteData<{ readonly rows: readonly DeviceRow[] }>;

const link: Store<Link> = createStore(firstLink);
const versions: Record<Topic, Store<number>> = {
  devices: createStore(0),
  agents: createStore(0),
  proposals: createStore(0),
  causes: createStore(0),
  quarantine: createStore(0),
  commands: createStore(0),
  vouchers: createStore(0),
  people: createStore(0),
  audit: createStore(0),
  units: createStore(0),
};

/** Refetches that live events asked for, gathered for a second: a school that comes back tells of 40 devices at once. */
const wanted = new Map<string, readonly string[]>();
const bumped = new Set<Topic>();
let gathering = false;

function flush(): void {
  gathering = false;
  for (const queryKey of wanted.values()) void queryClient.invalidateQueries({ queryKey });
  for (const topic of bumped) versions[topic].set(versions[topic].get() + 1);
  wanted.clear();
  bumped.clear();
}

function patch(event: LiveEvent): void {
  if (event.type === 'hello') learnHubTime(event.at);
  if (event.type === 'device-health') {
    queryClient.setQueriesData<DevicePages>({ queryKey: ['devices'] }, (held) => {
      if (!held) return held;
      const pages = patchPages(held.pages, event);
      return pages === held.pages ? held : { ...held, pages: [...pages] };
    });
  }
  if (event.type === 'device-samples' || event.type === 'device-state') {
    queryClient.setQueryData<Device>(['device', event.device], (held) => (held ? patchDevice(held, event) : held));
  }
}

function onEvent(event: LiveEvent): void {
  patch(event);
  const effects = effectsOf(event);
  for (const key of effects.refetch) wanted.set(key.join(' '), key);
  for (const topic of effects.topics) bumped.add(topic);
  if (gathering || wanted.size + bumped.size === 0) return;
  gathering = true;
  setTimeout(flush, 1_000);
}

function catchUp(): void {
  const lists = new Set<unknown>(Object.keys(versions));
  void queryClient.invalidateQueries({ predicate: (query) => !lists.has(query.queryKey[0]) });
  for (const version of Object.values(versions)) version.set(version.get() + 1);
}

const stream = new LiveStream({
  event: onEvent,
  link: (next) => link.set(next),
  resumed: catchUp,
  failed: checkSession,
});

listenToHttp({
  reached: (answered) => (answered ? stream.retryNow() : stream.doubt(Date.now())),
  renew: askForRenewal,
});

/** Keeps the live stream open while the signed-in part of the page is shown. */
export function useLiveStream(): void {
  useEffect(() => {
    stream.start();
    return () => stream.stop();
  }, []);
}

/** Has the samples and states of one device sent while its page is open. */
export function useWatchedDevice(device: string | undefined): void {
  useEffect(() => {
    stream.watch(device);
    return () => stream.watch(undefined);
  }, [device]);
}

/** Hears every live event while the component is shown; pass a stable function. */
export function useLiveEvents(listener: (event: LiveEvent) => void): void {
  useEffect(() => stream.listen(listener), [listener]);
}

/** State of the connection with the hub. */
export function useLink(): Link {
  return useStore(link);
}

/** Grows whenever rows of this list may have come, gone or moved. */
export function useVersion(topic: Topic): number {
  return useStore(versions[topic]);
}

/** Tells the lists of this page that their rows changed by something the person did here. */
export function announce(...topics: readonly Topic[]): void {
  for (const topic of topics) versions[topic].set(versions[topic].get() + 1);
}
