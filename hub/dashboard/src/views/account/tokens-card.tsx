import { Button, Group, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Token } from '../../../../../protocols/api/access/tokens.ts';
import { api } from '../../data/api.ts';
import { tokensQuery } from '../../data/queries.ts';
import { useNow } from '../../state/clock.ts';
import { actionNames } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { TokenForm } from './token-form.tsx';

/** One's own tokens: what they may, when they were used, and their end. */
export function TokensCard() {
  const { t } = useText();
  const read = useQuery(tokensQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const [revoking, setRevoking] = useState<Token>();
  return (
    <section className="card stack">
      <div className="card-head">
        <h2>{t('tokens.title')}</h2>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
          {t('tokens.add')}
        </Button>
      </div>
      <p className="soft">{t('tokens.about')}</p>
      <Answer read={read} what={t('tokens.what')} height={6}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p>{t('tokens.none')}</p>
          ) : (
            <ul className="token-list">
              {rows.map((token) => (
                <TokenLine key={token.id} token={token} onRevoke={() => setRevoking(token)} />
              ))}
            </ul>
          )
        }
      </Answer>
      <Modal
        opened={opened}
        onClose={close}
        closeOnClickOutside={false}
        title={t('tokens.add')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <TokenForm onDone={close} />
      </Modal>
      <Modal
        opened={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={t('tokens.revoke')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {revoking ? <Revoke token={revoking} onDone={() => setRevoking(undefined)} /> : null}
      </Modal>
    </section>
  );
}

function TokenLine({ token, onRevoke }: { readonly token: Token; readonly onRevoke: () => void }) {
  const { t } = useText();
  const now = useNow();
  const { name, actions, unit, lastUsedAt, expiresAt } = token;
  const may = actions === undefined ? t('tokens.all') : actions.map((action) => t(actionNames[action])).join(', ');
  const where = unit === undefined ? t('tokens.everywhere') : t('tokens.within', { unit: unit.name });
  const isOver = expiresAt !== undefined && Date.parse(expiresAt) <= now;
  return (
    <li>
      <div>
        <div style={{ fontWeight: 600 }}>{name}</div>
        <div>
          {may}, {where}
        </div>
        <div className="soft small">
          {lastUsedAt === undefined ? (
            t('tokens.unused')
          ) : (
            <>
              {t('tokens.used')} <Age at={lastUsedAt} />
            </>
          )}
          {' · '}
          {expiresAt === undefined ? (
            t('tokens.days.ever')
          ) : (
            <>
              {t(isOver ? 'tokens.expired' : 'tokens.expires')} <Moment at={expiresAt} />
            </>
          )}
        </div>
      </div>
      <Button variant="default" size="sm" onClick={onRevoke}>
        {t('tokens.revoke')}
      </Button>
    </li>
  );
}

function Revoke({ token, onDone }: { readonly token: Token; readonly onDone: () => void }) {
  const { t } = useText();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.revokeToken(token.id),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries(tokensQuery);
    },
  });
  return (
    <div className="stack">
      <p>{t('tokens.revoke.text', { name: token.name })}</p>
      <ProblemLine error={revoke.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
          {t('tokens.revoke')}
        </Button>
      </Group>
    </div>
  );
}
