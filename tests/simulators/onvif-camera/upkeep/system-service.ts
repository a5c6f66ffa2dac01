import { type Camera, cameraNow } from '../camera.ts';
import { attributeOf, envelope, escapeText, Fault, findIn, type ServiceRequest, textIn } from '../soap.ts';
import { judgeImage } from './upkeep.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string;

const text = (request: ServiceRequest, name: string) => textIn(request.operation, name);

/** What the older list of services says about the system. */
export function oldSystemCapabilities({ upkeep: { options } }: Camera): string {
  const has = (name: string, value: boolean) => `<tt:${name}>${value}</tt:${name}>`;
  return `<tt:System>${has('DiscoveryResolve', false)}${has('DiscoveryBye', true)}${has('RemoteDiscovery', false)}${has('SystemBackup', false)}${has('SystemLogging', options.logs.includes('soap'))}${has('FirmwareUpgrade', options.upgrades.includes('soap'))}<tt:SupportedVersions><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tt:SupportedVersions><tt:Extension>${has('HttpFirmwareUpgrade', options.upgrades.includes('http'))}${has('HttpSystemLogging', options.logs.includes('http'))}</tt:Extension></tt:System>`;
}

function timeParts(at: Date): string {
  const time = `<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>`;
  return `${time}<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date>`;
}

function hostMarkup(tag: string, host: string): string {
  const kind = host.includes(':') ? 'IPv6' : /^[\d.]+$/.test(host) ? 'IPv4' : 'DNS';
  const value = kind === 'DNS' ? `<tt:DNSname>${host}</tt:DNSname>` : `<tt:${kind}Address>${host}</tt:${kind}Address>`;
  return `<${tag}><tt:Type>${kind}</tt:Type>${value}</${tag}>`;
}

export const systemService: Readonly<Record<string, Answer>> = {
  'tds:GetServiceCapabilities': ({ traits, upkeep: { options } }) => {
    if (!traits.knowsGetServices) throw new Fault(500, 'Receiver', ['ter:ActionNotSupported'], 'No such operation');
    // Only the older specification had FirmwareUpgrade here; a schema of today lets it pass as an attribute of somebody's own.
    const soap = options.upgrades.includes('soap') ? ' FirmwareUpgrade="true"' : '';
    const system = `SystemLogging="${options.logs.includes('soap')}"${soap} HttpFirmwareUpgrade="${options.upgrades.includes('http')}" HttpSystemLogging="${options.logs.includes('http')}"`;
    return envelope(
      `<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network NTP="3"/><tds:Security MaxUsers="8"/><tds:System ${system}/></tds:Capabilities></tds:GetServiceCapabilitiesResponse>`,
    );
  },
  'tds:GetSystemDateAndTime': (camera) => {
    const { isNtp, isDaylightSaving, timeZone } = camera.upkeep;
    return envelope(
      `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>${isNtp ? 'NTP' : 'Manual'}</tt:DateTimeType><tt:DaylightSavings>${isDaylightSaving}</tt:DaylightSavings><tt:TimeZone><tt:TZ>${escapeText(timeZone)}</tt:TZ></tt:TimeZone><tt:UTCDateTime>${timeParts(new Date(cameraNow(camera)))}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
    );
  },
  'tds:SetSystemDateAndTime': (camera, request) => {
    const { upkeep } = camera;
    const type = text(request, 'DateTimeType');
    const zone = text(request, 'TZ');
    if (/\d{3}/.test(zone))
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:InvalidTimeZone'], 'No such zone');
    if (!upkeep.options.isDeaf) {
      if (zone !== '') upkeep.timeZone = zone;
      upkeep.isDaylightSaving = text(request, 'DaylightSavings') === 'true';
      upkeep.isNtp = type === 'NTP';
      if (type === 'NTP') camera.clockSkewMs = 0;
      else camera.clockSkewMs = givenTime(request) - camera.clock.now();
    }
    return envelope('<tds:SetSystemDateAndTimeResponse/>');
  },
  'tds:GetNTP': ({ upkeep: { isNtpFromDhcp, ntpServers } }) => {
    const servers = isNtpFromDhcp
      ? hostMarkup('tt:NTPFromDHCP', '192.0.2.123')
      : ntpServers.map((server) => hostMarkup('tt:NTPManual', server)).join('');
    return envelope(
      `<tds:GetNTPResponse><tds:NTPInformation><tt:FromDHCP>${isNtpFromDhcp}</tt:FromDHCP>${servers}</tds:NTPInformation></tds:GetNTPResponse>`,
    );
  },
  'tds:SetNTP': ({ upkeep }, request) => {
    const given = request.operation.children.filter(({ name }) => name === 'NTPManual');
    const servers = given.map((host) => {
      const tag = { IPv4: 'IPv4Address', IPv6: 'IPv6Address', DNS: 'DNSname' }[textIn(host, 'Type')] ?? '';
      return textIn(host, tag);
    });
    if (servers.some((server) => server === '')) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:InvalidDnsName'], 'A server without address');
    }
    if (!upkeep.options.isDeaf) {
      upkeep.isNtpFromDhcp = text(request, 'FromDHCP') === 'true';
      upkeep.ntpServers = servers;
    }
    return envelope('<tds:SetNTPResponse/>');
  },
  'tds:GetHostname': ({ upkeep }) =>
    envelope(
      `<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>${upkeep.hostname}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`,
    ),
  'tds:SetHostname': ({ upkeep }, request) => {
    const name = text(request, 'Name');
    if (!/^[A-Za-z0-9-]{1,63}$/.test(name)) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:InvalidHostname'], 'Not a host name');
    }
    if (!upkeep.options.isDeaf) upkeep.hostname = name;
    return envelope('<tds:SetHostnameResponse/>');
  },
  'tds:GetNetworkInterfaces': ({ identity, upkeep }) =>
    envelope(
      `<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${identity.mac.toUpperCase()}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>${upkeep.host}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`,
    ),
  'tds:GetNetworkDefaultGateway': () =>
    envelope(
      '<tds:GetNetworkDefaultGatewayResponse><tds:NetworkGateway><tt:IPv4Address>192.0.2.1</tt:IPv4Address></tds:NetworkGateway></tds:GetNetworkDefaultGatewayResponse>',
    ),
  'tds:GetDNS': () =>
    envelope(
      '<tds:GetDNSResponse><tds:DNSInformation><tt:FromDHCP>false</tt:FromDHCP><tt:DNSManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>192.0.2.53</tt:IPv4Address></tt:DNSManual></tds:DNSInformation></tds:GetDNSResponse>',
    ),
  'tds:GetNetworkProtocols': () => {
    const protocol = (name: string, isEnabled: boolean, port: number) =>
      `<tds:NetworkProtocols><tt:Name>${name}</tt:Name><tt:Enabled>${isEnabled}</tt:Enabled><tt:Port>${port}</tt:Port></tds:NetworkProtocols>`;
    const list = [protocol('HTTP', true, 80), protocol('HTTPS', false, 443), protocol('RTSP', true, 554)];
    return envelope(`<tds:GetNetworkProtocolsResponse>${list.join('')}</tds:GetNetworkProtocolsResponse>`);
  },
  'tds:GetSystemLog': ({ upkeep }, request) => {
    if (!upkeep.options.logs.includes('soap')) {
      throw new Fault(500, 'Receiver', ['ter:ActionNotSupported'], 'No such operation');
    }
    const log = text(request, 'LogType') === 'Access' ? upkeep.accessLog : upkeep.systemLog;
    if (log.length === 0) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgs', 'ter:AccesslogUnavailable'], 'There is no access log');
    }
    const content = `${log.join('\n')}\n`;
    if (!upkeep.options.hasLogAttachment) {
      return envelope(
        `<tds:GetSystemLogResponse><tds:SystemLog><tt:String>${escapeText(content)}</tt:String></tds:SystemLog></tds:GetSystemLogResponse>`,
      );
    }
    upkeep.attachment = Buffer.from(content, 'utf8');
    return envelope(
      '<tds:GetSystemLogResponse><tds:SystemLog><tt:Binary><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:log%40sim"/></tt:Binary></tds:SystemLog></tds:GetSystemLogResponse>',
    );
  },
  'tds:GetSystemUris': ({ baseUrl, upkeep }) => {
    if (!upkeep.options.logs.includes('http')) {
      throw new Fault(500, 'Receiver', ['ter:ActionNotSupported'], 'No such operation');
    }
    const uri = (type: string) =>
      `<tt:SystemLog><tt:Type>${type}</tt:Type><tt:Uri>${baseUrl}/log/${type.toLowerCase()}</tt:Uri></tt:SystemLog>`;
    return envelope(
      `<tds:GetSystemUrisResponse><tds:SystemLogUris>${uri('System')}${uri('Access')}</tds:SystemLogUris></tds:GetSystemUrisResponse>`,
    );
  },
  'tds:SystemReboot': ({ upkeep }) => {
    if (!upkeep.options.isDeaf) upkeep.restart(() => {});
    return envelope(
      '<tds:SystemRebootResponse><tds:Message>Rebooting in a moment</tds:Message></tds:SystemRebootResponse>',
    );
  },
  'tds:StartFirmwareUpgrade': ({ baseUrl, upkeep }) => {
    if (!upkeep.options.upgrades.includes('http')) {
      throw new Fault(500, 'Receiver', ['ter:ActionNotSupported'], 'No such operation');
    }
    upkeep.uploadId = String(upkeep.images + 1);
    const { uploadDelaySeconds, downTimeSeconds } = upkeep.options;
    return envelope(
      `<tds:StartFirmwareUpgradeResponse><tds:UploadUri>${baseUrl}/upload/${upkeep.uploadId}</tds:UploadUri><tds:UploadDelay>PT${uploadDelaySeconds}S</tds:UploadDelay><tds:ExpectedDownTime>PT${downTimeSeconds}S</tds:ExpectedDownTime></tds:StartFirmwareUpgradeResponse>`,
    );
  },
  'tds:UpgradeSystemFirmware': (camera, request) => {
    const { upkeep } = camera;
    if (!upkeep.options.upgrades.includes('soap')) {
      throw new Fault(500, 'Receiver', ['ter:ActionNotSupported'], 'No such operation');
    }
    const href = attributeOf(findIn(request.operation, 'Include'), 'href') ?? '';
    const image = request.attachments.get(decodeURIComponent(href.replace(/^cid:/, '')));
    const outcome = image ? takeImage(camera, image) : 415;
    if (outcome === 415) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgs', 'ter:InvalidFirmware'], 'The firmware was invalid');
    }
    if (outcome === 500) {
      throw new Fault(500, 'Receiver', ['ter:Action', 'ter:FirmwareUpgradeFailed'], 'The upgrade failed');
    }
    return envelope(
      '<tds:UpgradeSystemFirmwareResponse><tds:Message>Restarting</tds:Message></tds:UpgradeSystemFirmwareResponse>',
    );
  },
};

/** Takes an image, restarts and runs it; returns the HTTP status of an upload. */
export function takeImage(camera: Camera, image: Buffer): 200 | 415 | 500 {
  const { upkeep } = camera;
  upkeep.uploadId = undefined;
  const verdict = judgeImage(image, camera.identity.model);
  if (verdict === 'wrong') return 415;
  if (verdict === 'damaged') return 500;
  upkeep.images += 1;
  if (!upkeep.options.isDeaf) {
    upkeep.restart(() => {
      if (!upkeep.options.forgetsImage) camera.firmware = verdict.version;
    });
  }
  return 200;
}

function givenTime(request: ServiceRequest): number {
  const utc = findIn(request.operation, 'UTCDateTime');
  const [year = 0, month = 0, day = 0] = ['Year', 'Month', 'Day'].map((name) => Number(textIn(utc, name)));
  const [hour = 0, minute = 0, second = 0] = ['Hour', 'Minute', 'Second'].map((name) => Number(textIn(utc, name)));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
