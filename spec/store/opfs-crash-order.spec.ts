import './opfs-crash-order.stress.spec.js';
