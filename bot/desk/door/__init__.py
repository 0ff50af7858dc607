"""Who comes in: passwords, second factors, sessions, single sign-on."""
