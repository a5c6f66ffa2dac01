import type { DriverEvent } from '../driver.ts';
import type { mapStates } from './mapping.ts';

type States = ReturnType<typeof mapStates>;

/** What happened between two polls: links, alerts, and the source of power. */
export function changesBetween(before: States, after: States): readonly DriverEvent[] {
  return [
    ...linkChanges(before.ports, after.ports),
    ...alertChanges(before.supplies, after.supplies),
    ...sourceChanges(before.ups, after.ups),
  ];
}

function linkChanges(before: States['ports'], after: States['ports']): DriverEvent[] {
  const known = new Map(before?.ports.map((port) => [port.id, port.up]));
  return (after?.ports ?? []).flatMap(({ id, name, up }) => {
    const was = known.get(id);
    if (was === undefined || was === up) return [];
    return [{ capability: 'ports' as const, name: 'link', severity: 'info' as const, data: { port: name, up } }];
  });
}

function alertChanges(before: States['supplies'], after: States['supplies']): DriverEvent[] {
  if (!before || !after) return [];
  const event = (alert: string, active: boolean): DriverEvent => ({
    capability: 'supplies',
    name: 'alert',
    severity: active ? 'warning' : 'info',
    data: { alert, active },
  });
  return [
    ...after.alerts.filter((alert) => !before.alerts.includes(alert)).map((alert) => event(alert, true)),
    ...before.alerts.filter((alert) => !after.alerts.includes(alert)).map((alert) => event(alert, false)),
  ];
}

function sourceChanges(before: States['ups'], after: States['ups']): DriverEvent[] {
  if (!before || !after || before.source === after.source) return [];
  const severity = after.source === 'battery' || after.source === 'none' ? 'critical' : 'info';
  return [{ capability: 'ups', name: 'source', severity, data: { from: before.source, to: after.source } }];
}
