import { Button, CloseButton, Select, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { Person } from '../../../../../protocols/api/access/people.ts';
import { roleSchema } from '../../../../../protocols/api/access/session.ts';
import { roleKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { SupplierPicker } from './supplier-picker.tsx';

/** One role being given: `until` is a day as the date field writes it, `2026-11-24`, or empty. */
export interface GrantDraft {
  readonly key: number;
  readonly role: Person['grants'][number]['role'];
  readonly unit: number | undefined;
  readonly until: string;
  /** Of the role `supplier`. */
  readonly supplier?: number | undefined;
}

/** Midnight at the end of a day in Viet Nam, which has one time zone and no summer time. */
const endOfDay = 'T23:59:59.999+07:00';

export function emptyGrant(key: number): GrantDraft {
  return { key, role: 'school-it', unit: undefined, until: '' };
}

export function draftsOf({ grants }: Person): readonly GrantDraft[] {
  // What a provider gave is not to be edited here: it comes anew with the next sign-in.
  const byHand = grants.filter(({ source }) => source === undefined);
  return byHand.map(({ role, unit, until, supplier }, key) => ({
    key,
    role,
    unit: unit.id,
    supplier: supplier?.id,
    until: until === undefined ? '' : new Date(Date.parse(until) + 7 * 3_600_000).toISOString().slice(0, 10),
  }));
}

/** What is sent; undefined while a unit, or what the role `supplier` asks for, is missing. */
export function bodyOf(drafts: readonly GrantDraft[]) {
  const grants = drafts.flatMap(({ role, unit, until, supplier }) => {
    if (unit === undefined || (role === 'supplier' && (supplier === undefined || until === ''))) return [];
    const end = until === '' ? {} : { until: new Date(`${until}${endOfDay}`).toISOString() };
    return [{ role, unit, ...end, ...(role === 'supplier' && supplier !== undefined ? { supplier } : {}) }];
  });
  return grants.length === drafts.length && grants.length > 0 ? grants : undefined;
}

interface GrantsFieldsProps {
  readonly drafts: readonly GrantDraft[];
  readonly onChange: (drafts: readonly GrantDraft[]) => void;
  readonly isTried: boolean;
}

/** Roles, each within a part of the province and perhaps for a time. */
export function GrantsFields({ drafts, onChange, isTried }: GrantsFieldsProps) {
  const { t } = useText();
  const change = (key: number, part: Partial<GrantDraft>) =>
    onChange(drafts.map((draft) => (draft.key === key ? { ...draft, ...part } : draft)));
  return (
    <div className="stack">
      {drafts.map((draft) => (
        <fieldset key={draft.key} className="grant stack">
          <legend className="visually-hidden">{t('people.role')}</legend>
          <Select
            label={t('people.role')}
            data={roleSchema.options.map((value) => ({ value, label: t(roleKeys[value]) }))}
            value={draft.role}
            allowDeselect={false}
            onChange={(value) => change(draft.key, { role: roleSchema.catch(draft.role).parse(value) })}
          />
          <UnitPicker
            label={t('people.unit')}
            value={draft.unit}
            onChange={(unit) => change(draft.key, { unit })}
            required
            error={isTried && draft.unit === undefined ? t('units.add.required') : undefined}
          />
          <Limits draft={draft} isTried={isTried} onChange={(part) => change(draft.key, part)} />
          {drafts.length > 1 ? (
            <CloseButton
              aria-label={t('people.grant.remove')}
              onClick={() => onChange(drafts.filter(({ key }) => key !== draft.key))}
            />
          ) : null}
        </fieldset>
      ))}
      <Button
        variant="subtle"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => onChange([...drafts, emptyGrant(Math.max(-1, ...drafts.map(({ key }) => key)) + 1)])}
      >
        {t('people.grant.add')}
      </Button>
    </div>
  );
}

interface LimitsProps {
  readonly draft: GrantDraft;
  readonly isTried: boolean;
  readonly onChange: (part: Partial<GrantDraft>) => void;
}

/** Until when, and of the role `supplier` whose devices: that one must have both. */
function Limits({ draft, isTried, onChange }: LimitsProps) {
  const { t } = useText();
  const isSupplier = draft.role === 'supplier';
  const isMissing = isTried && isSupplier;
  return (
    <>
      {isSupplier ? (
        <SupplierPicker
          value={draft.supplier}
          onChange={(supplier) => onChange({ supplier })}
          required
          error={isMissing && draft.supplier === undefined ? t('supplier.missing') : undefined}
        />
      ) : null}
      <TextInput
        type="date"
        label={t(isSupplier ? 'people.until.must' : 'people.until')}
        value={draft.until}
        error={isMissing && draft.until === '' ? t('people.until.missing') : undefined}
        onChange={(event) => onChange({ until: event.currentTarget.value })}
      />
    </>
  );
}
