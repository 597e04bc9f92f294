"""What an advert looks and sounds like when nobody is online: characters, product, words, voice, edit."""
