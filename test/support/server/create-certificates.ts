import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** PEM texts; the names are those of the files they are written to. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * A throw-away certificate authority and a server certificate for 127.0.0.1 and localhost, valid for decades. Written with
 * node:crypto alone, because Node can sign but not issue certificates and not every machine has an `openssl` program.
 */
export function createCertificates(): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = { name: 'gone-away test CA', key: authority.privateKey };
  return {
    ca: certificate('gone-away test CA', authority.publicKey, issuer, [AUTHORITY]),
    cert: certificate('127.0.0.1', server.publicKey, issuer, [LOOPBACK_NAMES]),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

/** X.509 version 3, RFC 5280 section 4.1. */
function certificate(subject: string, publicKey: KeyObject, issuer: Issuer, extensions: readonly Buffer[]): string {
  const serial = Buffer.concat([Buffer.of(0x01), randomBytes(15)]);
  const validity = der(0x30, der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from('20991231235959Z')));
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    validity,
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign('sha256', toBeSigned, issuer.key);
  const whole = der(0x30, toBeSigned, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, objectId('550403'), der(0x0c, Buffer.from(commonName)))));
}

/** One element of the distinguished encoding rules: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

const ECDSA_WITH_SHA256 = der(0x30, objectId('2a8648ce3d040302'));

/** basicConstraints, critical: this may sign certificates. */
const AUTHORITY = der(
  0x30,
  objectId('551d13'),
  der(0x01, Buffer.of(0xff)),
  der(0x04, der(0x30, der(0x01, Buffer.of(0xff)))),
);

/** subjectAltName: DNS:localhost, IP:127.0.0.1. */
const LOOPBACK_NAMES = der(
  0x30,
  objectId('551d11'),
  der(0x04, der(0x30, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1)))),
);
