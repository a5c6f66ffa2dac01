import { Button, MultiSelect, NativeSelect, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { schoolStockQuery } from '../../data/organisation.ts';
import { unitQuery } from '../../data/queries.ts';
import { useText } from '../../text/use-text.ts';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { type Draft, leaders, type PlainKind } from './change-draft.ts';
import { followers } from './split-plan.ts';

interface FieldsProps {
  readonly unit: Unit;
  readonly draft: Draft;
  readonly edit: (next: Partial<Draft>) => void;
}

/** The fields of one kind of change. */
export function ChangeFields({ kind, ...props }: FieldsProps & { readonly kind: PlainKind }) {
  switch (kind) {
    case 'rename':
      return <NameFields {...props} />;
    case 'aliases':
      return <AliasFields {...props} />;
    case 'move':
      return <MoveFields {...props} />;
    case 'line':
      return <LineFields {...props} />;
    case 'merge':
      return <MergeFields {...props} />;
    case 'close':
      return null;
  }
}

function NameFields({ draft, edit }: FieldsProps) {
  const { t } = useText();
  return (
    <>
      <TextInput
        data-autofocus
        label={t('change.name')}
        value={draft.name}
        maxLength={200}
        withAsterisk
        onChange={(event) => edit({ name: event.currentTarget.value })}
      />
      <TextInput
        label={t('change.code')}
        value={draft.code}
        maxLength={40}
        onChange={(event) => edit({ code: event.currentTarget.value })}
      />
    </>
  );
}

function AliasFields({ draft, edit }: FieldsProps) {
  const { t } = useText();
  return (
    <TagsInput
      data-autofocus
      label={t('change.aliases.names')}
      description={t('change.aliases.help')}
      value={[...draft.aliases]}
      onChange={(names) => edit({ aliases: names.map((name) => name.trim()).filter((name) => name !== '') })}
      maxTags={20}
      splitChars={[';']}
      clearable
      clearButtonProps={{ 'aria-label': t('change.aliases.clear') }}
    />
  );
}

function LineFields({ unit, draft, edit }: FieldsProps) {
  const { t } = useText();
  const keys = {
    office: 'unit.office',
    commune: 'unit.commune',
    province: 'change.line.province',
    nobody: 'change.line.nobody',
  } as const;
  return (
    <>
      {unit.line ? <p className="soft small">{t('change.line.now', { name: unit.line.name })}</p> : null}
      <NativeSelect
        label={t('change.line.kind')}
        value={draft.leader}
        data={leaders
          .filter((leader) => leader !== 'nobody' || unit.line !== undefined)
          .map((value) => ({ value, label: t(keys[value]) }))}
        onChange={({ currentTarget }) =>
          edit({ leader: leaders.find((leader) => leader === currentTarget.value) ?? 'office', authority: undefined })
        }
      />
      {draft.leader === 'nobody' ? null : (
        <UnitPicker
          label={t('change.line.authority')}
          kind={draft.leader}
          value={draft.authority}
          onChange={(authority) => edit({ authority })}
          required
        />
      )}
    </>
  );
}

function MergeFields({ draft, edit }: FieldsProps) {
  const { t } = useText();
  return (
    <>
      {draft.from.map((value, index) => (
        <UnitPicker
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are only added at the end
          key={index}
          label={t('change.from')}
          value={value}
          onChange={(next) => edit({ from: draft.from.map((one, at) => (at === index ? next : one)) })}
          required={index === 0}
        />
      ))}
      <Button variant="subtle" onClick={() => edit({ from: [...draft.from, undefined] })}>
        {t('change.from.more')}
      </Button>
    </>
  );
}

function schoolOf({ trail }: Pick<Unit, 'trail'>): number | undefined {
  return trail.find(({ kind }) => kind === 'school')?.id;
}

function MoveFields({ unit, draft, edit }: FieldsProps) {
  const { t } = useText();
  const target = useQuery({ ...unitQuery(draft.parent ?? 0), enabled: draft.parent !== undefined });
  const from = schoolOf(unit);
  const isRoom = unit.kind === 'room' || unit.kind === 'building';
  const leaves = isRoom && from !== undefined && target.data !== undefined && schoolOf(target.data) !== from;
  return (
    <>
      <UnitPicker
        label={t('change.parent')}
        value={draft.parent}
        onChange={(parent) => edit({ parent, agents: undefined })}
        required
      />
      {leaves ? <AgentsGoing unit={unit} school={from} draft={draft} edit={edit} /> : null}
    </>
  );
}

/** Which agents go along with rooms to another school: those that serve nothing else are chosen by themselves. */
function AgentsGoing({ unit, school, draft, edit }: FieldsProps & { readonly school: number }) {
  const { t } = useText();
  const stock = useQuery(schoolStockQuery(school));
  const { agents } = draft;
  const inside = stock.data?.rooms.filter(({ id, parent }) => id === unit.id || parent === unit.id) ?? [];
  const roomTargets = new Map(inside.map(({ id }) => [id, 0]));
  const obvious = stock.data ? followers(stock.data, roomTargets) : undefined;
  // One that stands in a room which goes needs no naming.
  const candidates = stock.data?.agents.filter((agent) => agent.unit === school) ?? [];
  const first = obvious && candidates.filter(({ id }) => obvious.has(id)).map(({ id }) => id);
  const firstText = first?.join();
  useEffect(() => {
    if (agents === undefined && firstText !== undefined) edit({ agents: firstText === '' ? [] : firstText.split(',') });
  }, [agents, firstText, edit]);
  return (
    <MultiSelect
      label={t('change.move.agents')}
      description={t('change.move.agents.help')}
      data={candidates.map(({ id, name }) => ({ value: id, label: name }))}
      value={[...(agents ?? [])]}
      onChange={(next) => edit({ agents: next })}
      disabled={stock.isPending}
    />
  );
}
