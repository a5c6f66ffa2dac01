import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Passkey } from '../../../../../protocols/api/access/passkeys.ts';
import { api } from '../../data/api.ts';
import { passkeysQuery } from '../../data/queries.ts';
import { usePasskeySupport } from '../../state/passkeys.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { PasskeyForm } from './passkey-form.tsx';
import { PasskeyObstacleNote } from './passkey-refusal.tsx';
import { ProvePassword } from './prove-password.tsx';

/** One's own passkeys. Those that are there can be removed even where none can be added. */
export function PasskeysCard() {
  const { t } = useText();
  const client = useQueryClient();
  const read = useQuery(passkeysQuery);
  const here = usePasskeySupport();
  const [opened, { open, close }] = useDisclosure(false);
  const [removing, setRemoving] = useState<Passkey>();
  const done = (key: 'passkey.added' | 'passkey.removed') => {
    close();
    setRemoving(undefined);
    notifications.show({ message: t(key), withCloseButton: false });
    // A role may ask for a second step that has just come or gone.
    return client.invalidateQueries();
  };
  return (
    <section className="card stack">
      <div className="card-head">
        <h2>{t('passkey.title')}</h2>
        {here?.support === 'ready' ? (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
            {t('passkey.add')}
          </Button>
        ) : null}
      </div>
      <p className="soft">{t('passkey.what')}</p>
      {here ? <PasskeyObstacleNote {...here} /> : null}
      <Answer read={read} what={t('passkey.list')} height={5}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p>{t('passkey.none')}</p>
          ) : (
            <ul className="token-list">
              {rows.map((row) => (
                <PasskeyLine key={row.id} row={row} onRemove={() => setRemoving(row)} />
              ))}
            </ul>
          )
        }
      </Answer>
      <Modal
        opened={opened}
        onClose={close}
        closeOnClickOutside={false}
        title={t('passkey.add')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <PasskeyForm onDone={() => done('passkey.added')} />
      </Modal>
      <Modal
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={t('passkey.remove.title')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {removing ? <Remove row={removing} onDone={() => done('passkey.removed')} /> : null}
      </Modal>
    </section>
  );
}

function PasskeyLine({ row, onRemove }: { readonly row: Passkey; readonly onRemove: () => void }) {
  const { t } = useText();
  return (
    <li>
      <div>
        <div style={{ fontWeight: 600 }}>{row.name}</div>
        <div className="soft small">
          {t('passkey.added.at')} <Moment at={row.createdAt} />
          {' · '}
          {row.lastUsedAt === undefined ? (
            t('passkey.unused')
          ) : (
            <>
              {t('passkey.used')} <Age at={row.lastUsedAt} />
            </>
          )}
          {row.backedUp ? <span> · {t('passkey.synced')}</span> : null}
        </div>
      </div>
      <Button variant="default" size="sm" aria-label={`${t('passkey.remove')} ${row.name}`} onClick={onRemove}>
        {t('passkey.remove')}
      </Button>
    </li>
  );
}

function Remove({ row, onDone }: { readonly row: Passkey; readonly onDone: () => unknown }) {
  const { t } = useText();
  const remove = useMutation({
    mutationFn: (password: string) => api.removePasskey(row.id, password),
    onSuccess: onDone,
  });
  return (
    <div className="stack">
      <p>{t('passkey.remove.text', { name: row.name })}</p>
      <ProvePassword
        label={t('passkey.remove')}
        danger
        error={remove.error}
        isPending={remove.isPending}
        onProve={(password) => remove.mutate(password)}
      />
    </div>
  );
}
