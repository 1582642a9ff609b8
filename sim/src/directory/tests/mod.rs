mod genesis;
