import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { UnitChange } from '../../../../../protocols/api/organisation/changes.ts';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { type SchoolStock, schoolStockQuery } from '../../data/organisation.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemPanel } from '../../ui/problem-panel.tsx';
import { ChangeForm } from './change-form.tsx';
import { followers, type Targets, targetOfRoom, tornRooms } from './split-plan.ts';

const mostSchools = 10;

interface NewSchool {
  readonly name: string;
  readonly code: string;
}

const blank: NewSchool = { name: '', code: '' };

/** Cuts new schools out of one: a person says which rooms and agents go to which; devices go with both. */
export function SplitForm({ unit, onClose }: { readonly unit: Unit; readonly onClose: () => void }) {
  const { t } = useText();
  const stock = useQuery(schoolStockQuery(unit.id));
  const [schools, setSchools] = useState<readonly NewSchool[]>([blank]);
  const [rooms, setRooms] = useState<Targets<number>>(new Map());
  const [named, setNamed] = useState<ReadonlyMap<string, number | undefined>>(new Map());
  if (stock.error) return <ProblemPanel error={stock.error} what={t('split.what')} retry={stock.refetch} />;
  const held = stock.data;
  // What a person has said of an agent stands; the others follow their rooms.
  const agents = held
    ? new Map(
        [...followers(held, rooms), ...named].flatMap(([id, to]) => (to === undefined ? [] : [[id, to] as const])),
      )
    : new Map<string, number>();
  const change = held && changeOf(held, schools, rooms, agents);
  return (
    <ChangeForm unit={unit} change={change} note={t('change.split.text')} onClose={onClose}>
      <SchoolFields schools={schools} onChange={setSchools} />
      {held ? (
        <>
          <RoomTargets
            stock={held}
            schools={schools}
            targets={rooms}
            onChange={(id, to) => setRooms((before) => withTarget(before, id, to))}
          />
          <AgentTargets
            stock={held}
            schools={schools}
            rooms={rooms}
            targets={agents}
            onChange={(id, to) => setNamed((before) => new Map(before).set(id, to))}
          />
        </>
      ) : null}
    </ChangeForm>
  );
}

function withTarget<K>(before: Targets<K>, key: K, to: number | undefined): Targets<K> {
  const next = new Map(before);
  if (to === undefined) next.delete(key);
  else next.set(key, to);
  return next;
}

function changeOf(
  stock: SchoolStock,
  schools: readonly NewSchool[],
  rooms: Targets<number>,
  agents: Targets<string>,
): UnitChange | undefined {
  const into = schools.map(({ name, code }, at) => ({
    name: name.trim(),
    ...(code.trim() === '' ? {} : { code: code.trim() }),
    // A room whose building goes is not named itself.
    units: stock.rooms
      .filter(({ id, parent }) => rooms.get(id) === at && (parent === undefined || !rooms.has(parent)))
      .map(({ id }) => id),
    agents: stock.agents.filter(({ id }) => agents.get(id) === at).map(({ id }) => id),
  }));
  const isComplete = into.every(({ name, units, agents: own }) => name !== '' && units.length + own.length > 0);
  return isComplete ? { kind: 'split', into } : undefined;
}

interface SchoolFieldsProps {
  readonly schools: readonly NewSchool[];
  readonly onChange: (schools: readonly NewSchool[]) => void;
}

function SchoolFields({ schools, onChange }: SchoolFieldsProps) {
  const { t } = useText();
  const edit = (at: number, part: Partial<NewSchool>) =>
    onChange(schools.map((school, index) => (index === at ? { ...school, ...part } : school)));
  return (
    <>
      {schools.map(({ name, code }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are only added at the end
        <Group key={at} grow align="flex-start">
          <TextInput
            label={t('split.name', { number: at + 1 })}
            value={name}
            maxLength={200}
            withAsterisk
            onChange={(event) => edit(at, { name: event.currentTarget.value })}
          />
          <TextInput
            label={t('units.add.code')}
            value={code}
            maxLength={40}
            onChange={(event) => edit(at, { code: event.currentTarget.value })}
          />
        </Group>
      ))}
      {schools.length < mostSchools ? (
        <Group>
          <Button
            variant="subtle"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => onChange([...schools, blank])}
          >
            {t('split.more')}
          </Button>
        </Group>
      ) : null}
    </>
  );
}

interface TargetSelectProps {
  readonly label: string;
  readonly schools: readonly NewSchool[];
  readonly value: number | undefined;
  readonly disabled?: boolean;
  readonly onChange: (target: number | undefined) => void;
}

function TargetSelect({ label, schools, value, disabled = false, onChange }: TargetSelectProps) {
  const { t } = useText();
  return (
    <NativeSelect
      aria-label={t('split.target', { name: label })}
      className="split-target"
      disabled={disabled}
      value={value === undefined ? '' : String(value)}
      data={[
        { value: '', label: t('split.stays') },
        ...schools.map(({ name }, at) => ({
          value: String(at),
          label: name.trim() || t('split.name', { number: at + 1 }),
        })),
      ]}
      onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : Number(currentTarget.value))}
    />
  );
}

interface TargetsProps<K> {
  readonly stock: SchoolStock;
  readonly schools: readonly NewSchool[];
  readonly targets: Targets<K>;
  readonly onChange: (key: K, target: number | undefined) => void;
}

function RoomTargets({ stock, schools, targets, onChange }: TargetsProps<number>) {
  const { t } = useText();
  const top = stock.rooms.filter(({ parent }) => parent === undefined);
  const ordered = top.flatMap((room) => [room, ...stock.rooms.filter(({ parent }) => parent === room.id)]);
  return (
    <section>
      <h3>{t('split.rooms')}</h3>
      {ordered.length === 0 ? <p className="soft">{t('split.rooms.none')}</p> : null}
      <ul className="split-list">
        {ordered.map(({ id, name, parent, devices }) => (
          <li key={id} data-inside={parent !== undefined}>
            <span>
              {name} <span className="soft small">{t('split.devices', { count: devices })}</span>
            </span>
            <TargetSelect
              label={name}
              schools={schools}
              value={targetOfRoom(stock, targets, id)}
              disabled={parent !== undefined && targets.has(parent)}
              onChange={(to) => onChange(id, to)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function AgentTargets({
  stock,
  schools,
  rooms,
  targets,
  onChange,
}: TargetsProps<string> & { readonly rooms: Targets<number> }) {
  const { t } = useText();
  return (
    <section>
      <h3>{t('split.agents')}</h3>
      <p className="soft small">{t('split.agents.help')}</p>
      <ul className="split-list">
        {stock.agents.map((agent) => {
          const torn = tornRooms(stock, rooms, agent, targets.get(agent.id));
          return (
            <li key={agent.id}>
              <span>
                {agent.name}
                {torn.length > 0 ? (
                  <span className="split-torn small">{t('split.torn', { rooms: torn.join(', ') })}</span>
                ) : null}
              </span>
              <TargetSelect
                label={agent.name}
                schools={schools}
                value={targets.get(agent.id)}
                disabled={targetOfRoom(stock, rooms, agent.unit) !== undefined}
                onChange={(to) => onChange(agent.id, to)}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
