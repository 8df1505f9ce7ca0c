import { once } from 'node:events';
import { createRequire } from 'node:module';
import { startKafka } from './broker.mjs';

/** `npm run kafka [TOPIC…]`: a broker at localhost:9092 for trying out, with the topics of the examples. */
const topics = process.argv.length > 2 ? process.argv.slice(2) : ['transactions', 'totals', 'rejected'];
const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs');

console.log('Starting Apache Kafka; its jars are fetched through Maven once.');
const kafka = await startKafka({ port: 9092, properties: { 'auto.create.topics.enable': 'true' } });
const admin = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING }).admin();
await admin.connect();
await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 4 })) });
await admin.disconnect();
console.log(`Apache Kafka ${kafka.version} is at localhost:9092, with the topics ${topics.join(', ')}.`);
console.log('Ctrl-C stops it and removes its data.');
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await kafka.remove();
