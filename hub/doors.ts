import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Registry as Metrics } from 'prom-client';
import { FatalError, RecoverableError } from '../protocols/errors.ts';
import type { Log } from '../protocols/ports.ts';
import type { Authority } from '../provisioning/authority/index.ts';
import { createAccess } from './access/index.ts';
import { ensureAdministrator } from './administrator.ts';
import { type Broker, createBroker } from './broker/index.ts';
import { pictureLimits, pictureTypes } from './commands/index.ts';
import type { HubConfig } from './config.ts';
import { createDocuments } from './documents/index.ts';
import { createEnrolment } from './enrolment/index.ts';
import type { HubDeps, HubFeatures } from './features.ts';
import { createGateway } from './gateway/index.ts';
import { createHttpServer } from './http/index.ts';
import { measureHub } from './metrics.ts';
import { openSecret } from './secret.ts';

/** The three listeners: gateway and broker for agents, HTTP for people. */
export async function openDoors(deps: HubDeps, features: HubFeatures, stack: AsyncDisposableStack) {
  const { config, clock, log } = deps;
  const { store, registry, commands, audit, organisation, authority, policies, releases } = features;
  const tls = await tlsOf(authority, config);
  const publicHost = config.gateway.publicHost ?? (isAny(config.gateway.host) ? hostname() : config.gateway.host);
  const ports = { gateway: config.gateway.port, broker: config.broker.port };
  const urls = {
    get gatewayUrl() {
      return `https://${publicHost}:${ports.gateway}`;
    },
    get mqttUrl() {
      return `mqtts://${publicHost}:${ports.broker}`;
    },
  };
  const enrolment = createEnrolment({
    store,
    authority,
    organisation,
    registry,
    audit,
    urls,
    again: config.enrolment.again,
    clock,
    log,
  });
  const { credentials } = enrolment;
  const broker = stack.use(
    await createBroker({
      ...features,
      tls,
      credentials,
      machines: enrolment,
      clock,
      log,
      limits: { maxConnections: config.broker.maxConnections },
    }),
  );
  const gateway = stack.use(
    createGateway({
      tls,
      enrolment,
      commands,
      pictures: { maxBytes: pictureLimits.bytes, types: pictureTypes },
      releases: {
        releases,
        downloads: { most: config.releases.downloads, mostAnAgent: config.releases.downloadsAnAgent },
      },
      log,
    }),
  );
  ports.gateway = await gateway.listen(config.gateway.port, config.gateway.host);
  ports.broker = await broker.listen(config.broker.port, config.broker.host);
  stack.use(registry.onDesired((agentId) => send(broker.sendDesired(agentId), 'desired', log)));
  stack.use(policies.onIssued((agentId) => send(broker.sendPolicies(agentId), 'policies', log)));
  stack.use(await commands.onQueued((agentId) => send(broker.sendCommands(agentId), 'commands', log)));
  stack.use(await enrolment.onWithdrawn((agentId) => broker.disconnect(agentId, 'access was withdrawn')));
  const { url, access } = await openHttp(deps, { ...features, broker, enrolment }, stack);
  const renewTls = async () => {
    const next = await tlsOf(authority, config);
    broker.replaceTls(next);
    gateway.replaceTls(next);
  };
  return { url, gatewayUrl: urls.gatewayUrl, brokerUrl: urls.mqttUrl, access, renewTls };
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** What the listeners present now; the authority makes a new certificate when this one nears its end. */
async function tlsOf(authority: Authority, { gateway, broker }: HubConfig) {
  const names = new Set([
    gateway.publicHost ?? 'localhost',
    gateway.host,
    broker.host,
    hostname(),
    'localhost',
    '127.0.0.1',
  ]);
  const { keyPem, chainPem } = await authority.serverIdentity([...names].filter((name) => !isAny(name)));
  return { keyPem, chainPem, clientTrustPems: authority.clientTrustPems };
}

/** What an agent misses now it is sent when it says hello again. */
function send(sending: Promise<void>, what: string, log: Log): void {
  sending.catch((error: unknown) => log.warn('could not be sent to an agent now', { what, error }));
}

type People = HubFeatures & { readonly broker: Broker; readonly enrolment: ReturnType<typeof createEnrolment> };

async function openHttp(deps: HubDeps, people: People, stack: AsyncDisposableStack) {
  const { config, clock, log, version } = deps;
  const { store, registry, telemetry, broker, organisation, bus } = people;
  const { host, port } = config.http;
  const publicUrl = config.http.publicUrl ?? `http://${isAny(host) ? hostname() : host}:${port}`;
  const access = createAccess({
    store,
    secret: await openSecret(join(config.dataDir, 'session-secret')),
    publicUrl,
    twoFactorRoles: config.access.twoFactorRoles,
    sso: await ssoOf(config.access.oidc),
    clock,
    log,
  });
  await ensureAdministrator({ access, config, unitId: people.rootUnit, log });
  stack.use(
    organisation.onStructure(() => {
      access.forget();
      bus.publish({ type: 'units-changed' }, undefined);
    }),
  );
  const metrics = new Metrics();
  measureHub(metrics, people);
  const server = stack.use(
    await createHttpServer({
      features: {
        ...people,
        access,
        documents: createDocuments(clock),
        telemetry: {
          series: (deviceId, query) => {
            const device = registry.deviceOf(deviceId);
            if (!device)
              throw new FatalError('unknown-device', `device ${deviceId} left the directory while it was read`);
            return telemetry.series(device, query);
          },
        },
      },
      version,
      publicUrl,
      trustProxy: config.http.trustProxy,
      dashboardDir: join(import.meta.dirname, 'dashboard/dist'),
      ready: [
        {
          name: 'database',
          check: async () => void (await store.db.selectFrom('unit').select('id').limit(1).execute()),
        },
        { name: 'broker', check: async () => requireListening(broker) },
      ],
      metrics,
      clock,
      log,
    }),
  );
  const listening = await server.listen({ host, port });
  return { access, url: config.http.publicUrl ?? `http://${isAny(host) ? hostname() : host}:${listening.port}` };
}

/** Throws FatalError `invalid-setting` for a provider without a secret that can be read. */
async function ssoOf({ issuer, clientSecretFile, ...rest }: HubConfig['access']['oidc']) {
  if (issuer === undefined) return undefined;
  if (clientSecretFile === undefined)
    throw new FatalError('invalid-setting', 'access.oidc.issuer is set: access.oidc.clientSecretFile is needed too.');
  try {
    return { ...rest, issuer, clientSecret: (await readFile(clientSecretFile, 'utf8')).trim() };
  } catch (cause) {
    throw new FatalError('invalid-setting', `access.oidc.clientSecretFile: ${clientSecretFile} cannot be read.`, {
      cause,
    });
  }
}

function requireListening(broker: Broker): void {
  if (!broker.listening) throw new RecoverableError('broker-away', 'the broker takes no connections');
}
