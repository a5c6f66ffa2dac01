import { z } from 'zod';
import { timestampSchema } from '../../ids.ts';
import { defineCapability } from '../capability.ts';

/** Who may sign in at the device itself. Names and levels, never passwords; no command carries one either. */
export const accounts = defineCapability({
  name: 'accounts',
  label: { vi: 'Tài khoản', en: 'Accounts' },
  state: z.object({
    users: z
      .array(
        z.object({
          name: z.string().max(120),
          level: z.enum(['administrator', 'operator', 'user', 'anonymous', 'other']),
          /** The account that the agent itself uses. */
          own: z.boolean().optional(),
        }),
      )
      .max(64),
    /** Whether an account still has a password from its maker's handbook; `unknown` where only a trial could tell. */
    defaultPassword: z.enum(['yes', 'no', 'unknown']),
    /** The device tells its accounts to people who do not sign in at all. */
    open: z.boolean().optional(),
    /** When the last trial was, where there was one. */
    triedAt: timestampSchema.optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    /** One sign-in with the maker's documented password, at most once a day. */
    tryDefault: {
      label: { vi: 'Thử mật khẩu mặc định', en: 'Try the default password' },
      args: z.object({}),
      idempotent: false,
      disturbs: 'none',
      danger: 'medium',
      requires: [],
      effect: {
        vi: 'Thiết bị ghi nhận một lần đăng nhập sai nếu mật khẩu đã được đổi.',
        en: 'The device counts one failed sign-in if the password has been changed.',
      },
    },
  },
});
