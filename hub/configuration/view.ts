import type { Device } from '../../protocols/api/devices.ts';
import type { DeviceConfiguration, UnitConfiguration } from '../../protocols/api/operation/configuration.ts';
import type { CapabilityState, ReportedStates } from '../../protocols/fleet/capabilities/index.ts';
import { standingOf } from '../../protocols/fleet/configuration/configuration.ts';
import { findSetting, settingKeys } from '../../protocols/fleet/configuration/settings.ts';
import type { Layered, Wish } from './layers.ts';
import type { ConfigurationOrganisation } from './ports.ts';

type UnitWish = UnitConfiguration['settings'][number]['desired'];
type DeviceSetting = DeviceConfiguration['settings'][number];
type AgentRow = CapabilityState<'configuration'>['settings'][number];

/** A wish as people read it. A unit that is gone takes its wishes along, so that its name is always known. */
export function viewOfWish(
  wish: Wish,
  organisation: ConfigurationOrganisation,
  nameOf: (device: string) => string,
): UnitWish {
  const { place } = wish;
  return {
    value: wish.value as UnitWish['value'],
    keeping: wish.keeping,
    origin:
      'unit' in place
        ? { unit: refOf(organisation, place.unit), ...(place.family === undefined ? {} : { family: place.family }) }
        : { device: { id: place.device, name: nameOf(place.device) } },
    setBy: wish.setBy,
    setAt: wish.setAt.toISOString(),
  };
}

export function refOf(organisation: ConfigurationOrganisation, unitId: number) {
  const { id, name, kind } = organisation.refOf(unitId);
  return { id, name, kind };
}

/** Every setting that is wished of a device, or that it could be wished; in the order of the table of settings. */
export function settingsOfDevice(
  layers: ReadonlyMap<string, Layered>,
  reported: Device['reported'],
  parts: { readonly isDelivered: boolean; readonly wishView: (wish: Wish) => UnitWish },
): DeviceSetting[] {
  const states: ReportedStates = Object.fromEntries(
    Object.entries(reported).map(([capability, { state }]) => [capability, state]),
  );
  const rows = (reported['configuration']?.state as CapabilityState<'configuration'> | undefined)?.settings ?? [];
  const kept = new Map(rows.map((row) => [row.key, row]));
  return [...new Set([...settingKeys, ...layers.keys()])].flatMap((key) => {
    const layered = layers.get(key);
    const told = reported[findSetting(key)?.capability ?? ''];
    const value = reportedValue(key, states);
    if (!isWorthShowing(layered, told !== undefined, value)) return [];
    const standing = layered ? standingOf(key, layered.desired.value, states).standing : 'not-wished';
    return [
      {
        key,
        hidden: (layered?.hidden ?? []).map(parts.wishView),
        ...(layered ? { desired: parts.wishView(layered.desired) } : {}),
        ...(told ? { reported: { at: told.at, ...(value === undefined ? {} : { value }) } } : {}),
        ...standingView(standing, kept.get(key), parts.isDelivered),
      },
    ];
  });
}

/** What a device cannot be asked, and nobody wishes of it by name, is left out; so is what it does not tell and nobody wishes. */
function isWorthShowing(layered: Layered | undefined, isTold: boolean, value: unknown): boolean {
  if (layered) return isTold || 'device' in layered.desired.place;
  return value !== undefined;
}

/** What a device tells of a setting. */
function reportedValue(key: string, states: ReportedStates): UnitWish['value'] | undefined {
  const setting = findSetting(key);
  const state = setting && states[setting.capability];
  return state && (setting.reported(state as CapabilityState<typeof setting.capability>) as UnitWish['value']);
}

/** The hub compares by itself; of a difference the agent knows more. */
function standingView(
  standing: DeviceSetting['standing'],
  row: AgentRow | undefined,
  isDelivered: boolean,
): Pick<DeviceSetting, 'standing' | 'since' | 'tries' | 'problem'> {
  if (standing !== 'differs') return { standing };
  if (!isDelivered) return { standing: 'waiting' };
  if (!row || row.standing === 'same' || row.standing === 'silent') return { standing };
  const { since, tries, problem } = row;
  return {
    standing: row.standing,
    since: new Date(since).toISOString(),
    tries,
    ...(problem ? { problem } : {}),
  };
}
