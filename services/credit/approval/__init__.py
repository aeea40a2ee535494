"""A licence on commitment: by the route that grade and item open, checked afterwards."""
