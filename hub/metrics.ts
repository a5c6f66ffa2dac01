import { Counter, Gauge, type Registry as Metrics } from 'prom-client';
import type { Broker } from './broker/index.ts';
import type { Health } from './health/index.ts';
import type { Quarantine } from './quarantine/index.ts';

export interface Measured {
  readonly broker: Broker;
  readonly health: Health;
  readonly quarantine: Quarantine;
}

const everything = { paths: ['/'] };

/** What operators watch (Prometheus): read at each scrape, labels of few values, never one a device. */
export function measureHub(metrics: Metrics, { broker, health, quarantine }: Measured): void {
  const registers = [metrics];
  new Gauge({
    name: 'edufleet_agents_connected',
    help: 'Agents with a session on this hub',
    registers,
    collect() {
      this.set(broker.connected);
    },
  });
  new Gauge({
    name: 'edufleet_devices',
    help: 'Devices by health',
    labelNames: ['health'],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(health.counts(everything).byHealth))
        this.set({ health: state }, count);
    },
  });
  const counted = (name: string, help: string, read: () => Readonly<Record<string, number>>) =>
    new Counter({
      name,
      help,
      labelNames: ['kind'],
      registers,
      collect() {
        this.reset();
        for (const [kind, count] of Object.entries(read())) this.inc({ kind }, count);
      },
    });
  counted('edufleet_broker_messages_total', 'Messages taken from agents, by channel', () => broker.counters.messages);
  counted('edufleet_broker_sent_total', 'Messages sent to agents, by channel', () => broker.counters.sent);
  counted(
    'edufleet_broker_rejects_total',
    'Connections and messages refused, by reason',
    () => broker.counters.rejects,
  );
  counted('edufleet_quarantine_total', 'Entries of the quarantine, written or dropped', () => ({
    written: quarantine.counters.written,
    dropped: quarantine.counters.dropped,
  }));
}
