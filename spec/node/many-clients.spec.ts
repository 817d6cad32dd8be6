import './many-clients.stress.spec.js';
