import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  createVoucherBatchBody,
  createVoucherBody,
  extendVouchersBody,
  extendVouchersResult,
  printVouchersBody,
  revokeVouchersBody,
  revokeVouchersResult,
  voucherBatchSchema,
  voucherSchema,
  vouchersPage,
  vouchersQuery,
} from '../../../protocols/api/enrolment/vouchers.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';
import { answerPdf, pdfResponses } from './pdf.ts';

/** One-time codes for new agents. The enrolment feature itself writes down who made and who withdrew them. */
export function addVoucherRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { enrolment, documents } = features;
  addRoute(app, {
    method: 'POST',
    url: '/vouchers',
    tag: 'adoption',
    summary: 'Make a one-time voucher for a new agent; its code is shown only here',
    action: 'issue-voucher',
    body: createVoucherBody,
    answer: voucherSchema,
    status: 201,
    handle: ({ scope, actor, body }) => enrolment.createVoucher(scope, actor, body),
  });
  addRoute(app, {
    method: 'POST',
    url: '/vouchers/batch',
    tag: 'adoption',
    summary: 'Make vouchers for a delivery of machines; their codes are shown only here',
    action: 'issue-voucher',
    body: createVoucherBatchBody,
    answer: voucherBatchSchema,
    status: 201,
    handle: ({ scope, actor, body }) => enrolment.createVoucherBatch(scope, actor, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/vouchers',
    tag: 'adoption',
    summary: 'Vouchers within your scope, newest first; never their codes',
    action: 'issue-voucher',
    query: vouchersQuery,
    answer: vouchersPage,
    handle: ({ scope, query }) => enrolment.listVouchers(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/vouchers/revoke',
    tag: 'adoption',
    summary: 'Withdraw vouchers that are still open, all or none',
    action: 'issue-voucher',
    body: revokeVouchersBody,
    answer: revokeVouchersResult,
    handle: ({ scope, actor, body }) => enrolment.revokeVouchers(scope, actor, body),
  });
  addRoute(app, {
    method: 'POST',
    url: '/vouchers/extend',
    tag: 'adoption',
    summary: 'Give vouchers more time, also those that ran out: what lets in a machine that came late; all or none',
    action: 'issue-voucher',
    body: extendVouchersBody,
    answer: extendVouchersResult,
    handle: ({ scope, actor, body }) => enrolment.extendVouchers(scope, actor, body),
  });
  addRoute(app, {
    method: 'POST',
    url: '/vouchers/print',
    tag: 'adoption',
    summary: 'Print open vouchers whose codes you were shown, all or none, as PDF',
    action: 'issue-voucher',
    body: printVouchersBody,
    answer: z.instanceof(Buffer),
    raw: pdfResponses,
    handle: async ({ scope, actor, body, reply }) => {
      const vouchers = await enrolment.vouchersToPrint(scope, actor, body);
      return answerPdf(reply, 'phieu-ghi-danh', await documents.vouchers(body.layout, vouchers));
    },
  });
}
