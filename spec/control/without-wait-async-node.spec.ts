import './without-wait-async-node.stress.spec.js';
