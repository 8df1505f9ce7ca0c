import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The newest ones of which Maven Central has all parts. */
export const versions = { 3: '3.9.2', 4: '4.3.1' };

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'streamjob-test');

/**
 * The class path of an Apache Kafka of this version, its jars fetched through Maven at the first use and kept in the user's cache.
 * Rejects where there is no Java, or no Maven and no jars.
 * @param {string} version
 * @returns {Promise<string>}
 */
export async function install(version) {
  await run('java', ['-version']);
  const home = join(cache, `kafka-${version}`);
  if (!existsSync(home)) await fetchJars(version, home);
  return join(home, '*');
}

/** Several may do this at once: whoever is first has done it for all. */
async function fetchJars(version, home) {
  await mkdir(cache, { recursive: true });
  const aside = await mkdtemp(join(cache, 'fetching-'));
  try {
    await writeFile(join(aside, 'pom.xml'), pom(version));
    const settings = ['-DincludeScope=runtime', '-DexcludeArtifactIds=slf4j-reload4j', '-DoutputDirectory=jars'];
    await run('mvn', ['-B', '-q', 'dependency:copy-dependencies', ...settings], { cwd: aside, timeout: 300_000 });
    await rename(join(aside, 'jars'), home).catch((error) => {
      if (!existsSync(home)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

const pom = (version) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', version)}
    ${dependency('org.apache.kafka', 'kafka-tools', version)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;

const dependency = (group, artifact, version) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
