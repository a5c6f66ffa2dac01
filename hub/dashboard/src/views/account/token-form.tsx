import { Button, Checkbox, Radio, Select, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { actionSchema } from '../../../../../protocols/api/access/session.ts';
import { api } from '../../data/api.ts';
import { tokensQuery } from '../../data/queries.ts';
import { useMe } from '../../state/session.ts';
import { actionNames } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import '../admin/admin.css';
import './account.css';

const spans = [30, 90, 365] as const;

/** Makes a token; it stands on the screen until the dialog is closed. */
export function TokenForm({ onDone }: { readonly onDone: () => void }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const own = actionSchema.options.filter((action) => action === 'read' || me.may.some((may) => may === action));
  const [name, setName] = useState('');
  const [isSome, setSome] = useState(true);
  const [chosen, setChosen] = useState<string[]>(['read']);
  const [unit, setUnit] = useState<number>();
  const [days, setDays] = useState('90');
  const [isTried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: (body: Parameters<typeof api.createToken>[0]) => api.createToken(body),
    onSuccess: () => client.invalidateQueries(tokensQuery),
  });
  if (make.data) return <TokenShown token={make.data.token} onDone={onDone} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === '' || (isSome && chosen.length === 0)) return;
    make.mutate({
      name: name.trim(),
      ...(isSome ? { actions: own.filter((action) => chosen.includes(action)) } : {}),
      ...(unit === undefined ? {} : { unit }),
      ...(days === '' ? {} : { expiresInDays: Number(days) }),
    });
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextInput
        data-autofocus
        label={t('tokens.name')}
        value={name}
        maxLength={100}
        error={isTried && name.trim() === '' ? t('units.add.required') : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Radio.Group
        label={t('tokens.actions')}
        value={isSome ? 'some' : 'all'}
        onChange={(value) => setSome(value === 'some')}
      >
        <div className="stack" style={{ gap: '0.5rem', marginTop: '0.25rem' }}>
          <Radio value="some" label={t('tokens.some')} />
          {isSome ? (
            <Checkbox.Group
              value={chosen}
              onChange={setChosen}
              error={isTried && chosen.length === 0 ? t('tokens.some.missing') : undefined}
              style={{ paddingLeft: '1.75rem' }}
              aria-label={t('tokens.some')}
            >
              <div className="stack" style={{ gap: '0.375rem' }}>
                {own.map((action) => (
                  <Checkbox key={action} value={action} label={t(actionNames[action])} />
                ))}
              </div>
            </Checkbox.Group>
          ) : null}
          <Radio value="all" label={t('tokens.all')} />
        </div>
      </Radio.Group>
      <UnitPicker label={t('tokens.unit')} value={unit} onChange={setUnit} clearable />
      <Select
        label={t('tokens.days')}
        data={[
          ...spans.map((count) => ({ value: String(count), label: t('tokens.days.some', { count }) })),
          { value: '', label: t('tokens.days.ever') },
        ]}
        value={days}
        allowDeselect={false}
        onChange={(value) => setDays(value ?? '')}
      />
      <ProblemLine error={make.error} />
      <Button type="submit" loading={make.isPending}>
        {t('tokens.add')}
      </Button>
    </form>
  );
}

function TokenShown({ token, onDone }: { readonly token: string; readonly onDone: () => void }) {
  const { t } = useText();
  return (
    <div className="stack">
      <div className="notice" data-tone="attention">
        <IconKey aria-hidden />
        <span>{t('tokens.once')}</span>
      </div>
      <div className="shown">
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <CopyButton text={token} />
        </div>
        <output className="code">{token}</output>
      </div>
      <Button onClick={onDone}>{t('word.close')}</Button>
    </div>
  );
}
