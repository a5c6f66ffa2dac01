import { Pill, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type HealthState, healthStates } from '../../../../../protocols/api/health.ts';
import { capabilities, capabilityNames } from '../../../../../protocols/fleet/capabilities/index.ts';
import { agentQuery } from '../../data/queries.ts';
import type { Families } from '../../state/families.ts';
import { healthKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import type { DevicesSearch } from '../search.ts';

/** What "needs a look" means wherever the page says so. */
const wrong = 'attention,fault,unreachable';

interface DeviceFiltersProps {
  readonly search: DevicesSearch;
  readonly onChange: (change: Partial<DevicesSearch>) => void;
  readonly families: Families;
}

/** Search and filters of the device list; all of them live in the address. */
export function DeviceFilters({ search, onChange, families }: DeviceFiltersProps) {
  const { t, pick } = useText();
  const isState = (text: string): text is HealthState => healthStates.some((state) => state === text);
  const states = [
    { value: wrong, label: t('filter.wrong') },
    ...healthStates.map((state) => ({ value: String(state), label: t(healthKeys[state]) })),
  ];
  if (search.health !== undefined && !states.some(({ value }) => value === search.health)) {
    const words = search.health.split(',').filter(isState);
    states.push({ value: search.health, label: words.map((state) => t(healthKeys[state])).join(', ') });
  }
  return (
    <div className="toolbar">
      <SearchBox
        value={search.q ?? ''}
        placeholder={t('devices.search')}
        onChange={(q) => onChange({ q: q === '' ? undefined : q })}
      />
      <Select
        className="filter"
        aria-label={t('devices.health')}
        placeholder={t('devices.health')}
        data={states}
        value={search.health ?? null}
        onChange={(value) => onChange({ health: value ?? undefined })}
        clearable
        clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
      />
      <UnitPicker
        label={t('filter.unit')}
        hideLabel
        className="filter"
        placeholder={t('filter.unit')}
        clearable
        value={search.unit}
        onChange={(unit) => onChange({ unit })}
      />
      <Select
        className="filter"
        aria-label={t('filter.capability')}
        placeholder={t('filter.capability')}
        data={capabilityNames.map((value) => ({ value: String(value), label: pick(capabilities[value].label) }))}
        value={search.capability ?? null}
        onChange={(value) => onChange({ capability: value ?? undefined })}
        clearable
        clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
      />
      <Select
        className="filter"
        aria-label={t('devices.family')}
        placeholder={t('devices.family')}
        data={families.options(search.family)}
        value={search.family ?? null}
        onChange={(value) => onChange({ family: value ?? undefined })}
        clearable
        clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
      />
      {search.agent === undefined ? null : (
        <AgentPill agent={search.agent} onRemove={() => onChange({ agent: undefined })} />
      )}
    </div>
  );
}

function AgentPill({ agent, onRemove }: { readonly agent: string; readonly onRemove: () => void }) {
  const { t } = useText();
  const read = useQuery(agentQuery(agent));
  return (
    <Pill
      size="lg"
      withRemoveButton
      onRemove={onRemove}
      removeButtonProps={{ 'aria-label': t('list.clearFilters'), 'aria-hidden': false, tabIndex: 0 }}
    >
      {t('filter.agent', { name: read.data?.name ?? agent })}
    </Pill>
  );
}
