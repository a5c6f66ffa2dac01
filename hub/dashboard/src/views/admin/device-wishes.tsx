import { TextInput } from '@mantine/core';
import type { ProposalView } from '../../../../../protocols/api/enrolment/proposals.ts';
import { useFamilies } from '../../state/families.ts';
import { useText } from '../../text/use-text.ts';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { type DeviceWish, orderedFields, settingOf, type Wishes } from './adopt-wishes.ts';
import { addressOf, nameOfProposal } from './proposal-columns.tsx';
import { SettingInput } from './setting-fields.tsx';

interface DeviceWishesProps {
  readonly proposals: readonly ProposalView[];
  readonly wishes: Wishes;
  readonly onChange: (id: string, wish: DeviceWish) => void;
}

/** Name, room and settings of each device that is taken in. */
export function DeviceWishes({ proposals, wishes, onChange }: DeviceWishesProps) {
  const { t } = useText();
  const families = useFamilies();
  return (
    <ul className="wish-list">
      {proposals.map((proposal) => {
        const wish = wishes.devices.get(proposal.id) ?? { name: '', unit: undefined, settings: {} };
        const fields = orderedFields(families.settingsOf(proposal.family), proposal);
        const name = nameOfProposal(proposal, families);
        return (
          <li key={proposal.id}>
            <TextInput
              label={t('adopt.name')}
              description={`${families.nameOf(proposal.family)}, ${addressOf(proposal.address)}`}
              placeholder={name}
              value={wish.name}
              maxLength={200}
              onChange={(event) => onChange(proposal.id, { ...wish, name: event.currentTarget.value })}
            />
            <UnitPicker
              label={t('adopt.room')}
              value={wish.unit}
              onChange={(unit) => onChange(proposal.id, { ...wish, unit })}
              placeholder={t('adopt.room.shared')}
              clearable
            />
            {fields.length > 0 ? (
              <details className="wish-settings">
                <summary>{t('adopt.settings', { name: wish.name.trim() || name })}</summary>
                <div className="stack">
                  {fields.map((field) => (
                    <SettingInput
                      key={field.name}
                      field={field}
                      value={settingOf(field, proposal, wish)}
                      onChange={(value) =>
                        onChange(proposal.id, { ...wish, settings: { ...wish.settings, [field.name]: value } })
                      }
                    />
                  ))}
                </div>
              </details>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
