-- Each service has a database of its own; the keys lie in another.
CREATE DATABASE grid;
CREATE DATABASE exchange;
CREATE DATABASE oversight;
CREATE DATABASE enforcement;
CREATE DATABASE credit;
CREATE DATABASE mediation;
CREATE DATABASE keys;
